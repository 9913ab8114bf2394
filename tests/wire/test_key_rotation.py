"""Keys that are rotated by https, and their server's death, while everybody reads and publishes."""
# ctest: PROCESSORS 1

from support.key_sets import config
from support.load import Publisher, Readers
from support.process import fetch, wait_for
from support.tokens import Pair, bearer

FETCHED = "boardcast_key_sets_fetched_total"
FAILED = "boardcast_key_set_failures_total"


def test_nobody_notices_rotations_or_that_their_server_is_gone(start, publish_keys, tmp_path):
    pairs = [Pair(tmp_path, f"key-{number}") for number in range(4)]
    tokens = [pair.token("load", "--publish", "load") for pair in pairs]
    server = publish_keys()
    server.keys = [pairs[0].jwk()]
    gateway = start(config(server))
    wait_for(lambda: fetch(gateway.url("/readyz")).status == 200, "its keys")

    def status(token):
        return fetch(gateway.url("/events?boards=load"), "--head", *bearer(token)).status

    readers = [Readers(gateway, token=tokens[0]) for _ in range(2)]
    publisher = Publisher(gateway, token=tokens[0])
    for old, new in ((0, 1), (1, 2), (2, 3)):
        publisher.go_on()
        server.keys = [pairs[old].jwk(), pairs[new].jwk()]
        wait_for(lambda: status(tokens[new]) == 200, "the new key")
        assert status(tokens[old]) == 200, "it is published still"
        readers.append(Readers(gateway, token=tokens[new], publisher=publisher))
        publisher.token = tokens[new]
        publisher.go_on()
        server.keys = [pairs[new].jwk()]
        wait_for(lambda: status(tokens[old]) == 401, "the old key's end")

    server.close()
    failed = gateway.metric(FAILED)
    wait_for(lambda: gateway.metric(FAILED) >= failed + 2, "failures", 20)
    publisher.go_on()
    # 503: whether such a key is a new one nobody can say now.
    assert all(status(token) in (401, 503) for token in tokens[:3]) and status(tokens[3]) == 200
    assert fetch(gateway.url("/readyz")).status == 200
    again = publish_keys(server.port)
    again.keys = [pairs[3].jwk(), pairs[0].jwk()]
    wait_for(lambda: status(tokens[0]) == 200, "that it is asked again", 30)
    assert status(tokens[3]) == 200
    wait_for(lambda: [status(token) for token in tokens[1:3]] == [401, 401], "no others' return")

    publisher.go_on()
    count = publisher.finish()
    for reader in readers:
        reader.finish(count)
    wait_for(lambda: gateway.connections()["total"] == 0, "the readers' ends")
    assert gateway.metric("boardcast_streams") == 0

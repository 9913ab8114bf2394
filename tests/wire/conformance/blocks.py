"""The requests that the cases send, as header blocks and as frames of stream 1."""

from support.h2_frames import END_HEADERS, block, headers

_START = ((":scheme", "https"), (":authority", "localhost"))


def request(method="GET", path="/healthz", *more):
    return block((":method", method), *_START, (":path", path), *more)


def upload(*more):
    return request("POST", "/events?board=conformance", ("content-type", "text/plain"), *more)


GET = request()
POST = upload()

ASK = headers(1, GET)  # answered at once
STREAM = headers(1, request("GET", "/events?boards=conformance"))  # answered, never ended
UPLOAD = headers(1, POST, END_HEADERS)  # the body is to follow

"""Bugs of streams with a name."""

from .tools import of


def _restored(entries):
    """(ask, open) where the boards are not those of the URL."""
    asks = {ask["stream"]: ask for ask in of(entries, "ask")}
    return [(asks[open["stream"]], open) for open in of(entries, "open")
            if open["restored"] and open["boards"] != asks[open["stream"]]["boards"]]


def boards_of_the_url(entries, random):
    """It says that it was restored, and is not."""
    ask, open = random.choice(_restored(entries))
    open["boards"] = ask["boards"]


def set_forgotten(entries, random):
    """Nobody had time to forget it."""
    ask, open = random.choice(_restored(entries))
    open.update(boards=ask["boards"], restored=False)


def set_of_another_name(entries, random):
    ask, open = random.choice(_restored(entries))
    open["boards"] = [*open["boards"], "stranger"]


def restored_out_of_nothing(entries, random):
    """The first stream of a name cannot have been restored."""
    named = {ask["stream"] for ask in of(entries, "ask") if ask["name"]}
    firsts = {}
    for open in of(entries, "open"):
        if open["stream"] in named:
            firsts.setdefault((open["stream"].rpartition(".")[0], open["id"][:8]), open)
    random.choice(list(firsts.values()))["restored"] = True


BUGS = {boards_of_the_url: 5, set_forgotten: 5, set_of_another_name: 5, restored_out_of_nothing: 5}

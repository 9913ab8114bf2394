// Runs in the page, before its own scripts: reads streams and notes what their handlers see.

window.reader = {
  // Types without a handler are invisible in a page, so each that may come needs one. "heartbeat"
  // and "" are there to show that nothing comes under these names.
  types: ["message", "heartbeat", "", "moved", "boardcast.open", "boardcast.gap",
    "boardcast.boards", "boardcast.expiring", "boardcast.end"],

  /** An EventSource; `seen` are the events in order, as {type, data, id}. */
  open(url, options) {
    const source = new EventSource(url, options);
    const stream = { source, seen: [], opens: 0, errors: [] };
    const note = ({ type, data, lastEventId }) => stream.seen.push({ type, data, id: lastEventId });
    for (const type of this.types) source.addEventListener(type, note);
    source.onopen = () => { stream.opens += 1; };
    source.onerror = () => { stream.errors.push(source.readyState); };
    return stream;
  },
};

// What: the head, the figures, boards, nodes and troubles of the dashboard, from what was told.

import { byId, bytes, duration, make, number, plural, say, sync, word } from './dom.js';
import { labels } from './metrics.js';

const BOARDS = 50; // shown
const LEVELS = ['', ', no new streams', ', streams that lag end', ', no connections'];

const set = (id, text) => say(byId(id), text);

function setPill(id, text, good) {
  set(id, text);
  byId(id).className = `pill ${good ? 'good' : 'bad'}`;
}

export function showHead(history, readiness, time) {
  setPill('ready', readiness, readiness === 'ready');
  const [commit, version] = labels(history.key('boardcast_build_info'));
  const start = history.value('process_start_time_seconds');
  set('about', `${version} (${commit}), up ${duration(time / 1000 - start)}`);
  set('when', `as of ${new Date().toLocaleTimeString()}`);
}

/** The newest rate, and on the plot those before, the newest on the right. */
function showRate(id, rates) {
  if (rates.length < 1) return;
  set(id, number(rates.at(-1)));
  const top = Math.max(...rates, 0.1);
  const place = (rate, at) => `${100 - (rates.length - 1 - at) * 1.7} ${23 - (22 * rate) / top}`;
  byId(`${id}-plot`).setAttribute('d', `M${rates.map(place).join('L')}`);
}

function showMemory(value) {
  const used = value('boardcast_memory_used_bytes');
  const limit = value('boardcast_memory_limit_bytes');
  const level = value('boardcast_memory_level');
  set('memory', bytes(used));
  set('memory-note', `of ${bytes(limit)}${LEVELS[level]}`);
  byId('memory-bar').style.width = `${Math.min(100, (100 * used) / limit)}%`;
  byId('memory-bar').className = level > 0 ? 'bad' : 'good';
}

export function showTiles(history, { connections, total }) {
  const value = (name) => history.value(name) ?? 0;
  set('streams', number(total));
  set('streams-note', `${number(value('boardcast_streams_catching_up'))} catching up`);
  set('connections', number(connections));
  set('connections-note', `${number(value('boardcast_connections_half_open'))} half-open`);
  showRate('events', history.rates('boardcast_published_events_total'));
  showRate('deliveries', history.rates('boardcast_deliveries_total'));
  showMemory(value);
  set('history', plural(value('boardcast_history_events'), 'event'));
  const boards = plural(value('boardcast_history_boards'), 'board');
  set('history-note', `${bytes(value('boardcast_history_bytes'))}, ${boards}`);
}

function boardsNote(count, truncated, prefix) {
  if (count === 0) return prefix ? 'Nobody reads such a board.' : 'Nobody reads a board.';
  const most = `The ${number(Math.min(BOARDS, count))} most read of`;
  if (truncated) return `${most} the first ${number(count)} by name; say how it begins.`;
  return count > BOARDS ? `${most} ${number(count)}.` : '';
}

export function showBoards({ boards, truncated }, prefix) {
  const all = Object.entries(boards).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  sync(byId('boards'), all.slice(0, BOARDS),
    (count, name) => make('li', '', word(name), make('b')),
    (item, count) => {
      say(item.lastChild, number(count));
      item.style.setProperty('--share', `${(100 * count) / all[0][1]}%`);
    });
  set('boards-note', boardsNote(all.length, truncated, prefix));
}

export function showTroubles(troubles) {
  sync(byId('troubles'), troubles.map((one) => [one.key, one]),
    ({ what, of, help }) => {
      const item = make('li', '', make('span', 'name', `${what} `, make('em', '', of)),
        make('span', 'soft'), make('b'));
      item.title = help;
      return item;
    },
    (item, { recent, count }) => {
      say(item.children[1], recent > 0 ? `+${number(recent)}` : '');
      say(item.lastChild, number(count));
    });
  set('troubles-note', troubles.length ? '' : 'Nothing since the start.');
}

/** Redis and the nodes, where they are configured. */
export function showCluster(history, { node, nodes = [] }) {
  const connected = history.value('boardcast_redis_connected');
  byId('cluster').hidden = connected === undefined;
  if (connected === undefined) return;
  const live = history.value('boardcast_redis_live');
  const state = connected ? (live ? 'connected' : 'reading the log') : 'away';
  const refused = history.value('boardcast_redis_commands_refused') > 0;
  setPill('redis', refused ? 'refuses commands' : state, connected && live && !refused);
  sync(byId('nodes'), nodes.map((one) => [one.node, one]),
    (one) => make('li', '', word(one.node), make('span', 'soft')),
    (item, one) => say(item.lastChild, `${plural(one.total, 'stream')}, `
      + `${plural(one.connections, 'connection')}${one.node === node ? ', this one' : ''}`));
  const lost = history.value('boardcast_redis_losses_total');
  const waiting = history.value('boardcast_redis_unanswered');
  const whose = nodes.length ? 'Streams, connections and boards are of all nodes.'
    : 'Other nodes cannot be asked now.';
  set('cluster-note', `${plural(waiting, 'publish', 'es')} under way, connection lost `
    + `${plural(lost, 'time')}. ${whose}`);
}

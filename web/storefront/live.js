// The socket: follows topics, and comes back by itself when it is cut.
//
// What a listener is told of a topic comes in order and never twice: each event has a number that is
// higher than the one before, and whoever comes back says which was the last. docs/ws-protocol.md
// has the frames.

const PROTOCOL = "rialto.v1";
// A client that comes back waits a random time up to this, doubled each time, up to the second.
const WAIT_MS = 500;
const WAIT_MAX_MS = 20_000;
// A socket that stayed for so long was a good one: the next wait is short again.
const GOOD_AFTER_MS = 10_000;
// How long the server has to answer a ping.
const PONG_WITHIN_MS = 10_000;
// How long a socket is kept that follows nothing.
const LINGER_MS = 5_000;

export class Live {
  #url;
  #socket = null;
  // By topic: who listens, where it stands, and the request that its answer is awaited for.
  #topics = new Map();
  #watchers = new Set();
  #state = "idle";
  #isWelcome = false;
  #wasLive = false;
  #hasEnded = false;
  #tries = 0;
  #asked = 0;
  #pingEvery = 0;
  #timers = { back: null, quiet: null, good: null, linger: null };

  constructor(url) {
    this.#url = url;
    addEventListener("online", () => this.#comeBackNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) {
        this.#comeBackNow();
      }
    });
    // A page with an open socket is not kept for the button that leads back.
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", () => this.#comeBackNow());
  }

  // Calls `heard({ type, data })` with the state of a topic (`snapshot`), each event after it, and
  // `refused`, which is the end. The answer leaves the topic.
  follow(topic, heard) {
    let it = this.#topics.get(topic);
    if (!it) {
      it = { listeners: new Set(), asked: null, epoch: null, sequence: 0, last: null };
      this.#topics.set(topic, it);
      this.#subscribe(topic, it);
    } else if (it.last) {
      const last = it.last;
      queueMicrotask(() => it.listeners.has(heard) && heard({ type: "snapshot", data: last }));
    }
    it.listeners.add(heard);
    this.#open();
    return () => this.#leave(topic, it, heard);
  }

  // Calls `told` with `idle`, `connecting`, `live`, `reconnecting` or `ended`, now and each time that
  // it becomes another one.
  watch(told) {
    this.#watchers.add(told);
    told(this.#state);
    return () => this.#watchers.delete(told);
  }

  #leave(topic, it, heard) {
    it.listeners.delete(heard);
    if (it.listeners.size > 0 || this.#topics.get(topic) !== it) {
      return;
    }
    this.#topics.delete(topic);
    if (this.#isWelcome) {
      this.#send({ op: "unsubscribe", topic });
    }
    if (this.#topics.size === 0) {
      clearTimeout(this.#timers.linger);
      this.#timers.linger = setTimeout(() => this.#topics.size || this.#close(), LINGER_MS);
    }
    this.#tell();
  }

  #open() {
    if (this.#socket || this.#timers.back || this.#hasEnded || this.#topics.size === 0) {
      return;
    }
    const socket = new WebSocket(this.#url, PROTOCOL);
    this.#socket = socket;
    // What comes of a socket that has been given up is nobody's business.
    const ofThis = (then) => (event) => socket === this.#socket && then(event);
    socket.addEventListener("message", ofThis((event) => this.#heard(JSON.parse(event.data))));
    socket.addEventListener("close", ofThis((event) => this.#lost(event.code, event.reason)));
    this.#tell();
  }

  #close() {
    const socket = this.#socket;
    this.#forget();
    socket?.close(1000);
    this.#tell();
  }

  #forget() {
    this.#socket = null;
    this.#isWelcome = false;
    for (const name of Object.keys(this.#timers)) {
      clearTimeout(this.#timers[name]);
      this.#timers[name] = null;
    }
  }

  #lost(code, reason) {
    this.#forget();
    this.#hasEnded = code >= 3500 && code < 4000;
    if (!this.#hasEnded && this.#topics.size > 0) {
      this.#timers.back = setTimeout(() => this.#comeBack(), this.#wait(code, reason));
    }
    this.#tell();
  }

  // Random over the whole range, so that those who were cut together don't come back together.
  #wait(code, reason) {
    if (code === 3001) {
      const told = /"reconnect_in_ms":\s*(\d+)/.exec(reason);
      if (told) {
        return Number(told[1]);
      }
    }
    const most = Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** this.#tries);
    this.#tries += 1;
    return Math.random() * most;
  }

  #comeBack() {
    clearTimeout(this.#timers.back);
    this.#timers.back = null;
    this.#open();
  }

  // Somebody looks, or there is a network again: no reason to wait any longer.
  #comeBackNow() {
    if (!this.#socket && this.#topics.size > 0) {
      this.#comeBack();
    }
  }

  #heard(frame) {
    this.#listen();
    if (frame.op === "welcome") {
      this.#welcome(frame);
    } else if (frame.topic && frame.type) {
      this.#pushed(frame);
    } else if ("id" in frame) {
      this.#answered(frame);
    }
    this.#tell();
  }

  #welcome(frame) {
    this.#isWelcome = true;
    this.#pingEvery = frame.ping_interval_ms;
    this.#timers.good = setTimeout(() => {
      this.#tries = 0;
    }, GOOD_AFTER_MS);
    for (const [topic, it] of this.#topics) {
      this.#subscribe(topic, it);
    }
    this.#listen();
  }

  #subscribe(topic, it) {
    if (!this.#isWelcome) {
      return;
    }
    const since = it.epoch === null ? {} : { since: { epoch: it.epoch, sequence: it.sequence } };
    it.asked = this.#send({ op: "subscribe", topic, ...since });
  }

  #answered(frame) {
    const found = [...this.#topics].find(([, it]) => it.asked === frame.id);
    if (!found) {
      return;
    }
    const [topic, it] = found;
    it.asked = null;
    if (frame.ok) {
      it.epoch = frame.epoch;
      // What was missed follows by itself where the topic could be resumed.
      if (!frame.recovered) {
        it.sequence = frame.sequence;
        this.#deliver(it, { type: "snapshot", data: frame.snapshot });
      }
    } else if (frame.error.retry) {
      // Asked for again with everything else.
      this.#drop();
    } else {
      this.#topics.delete(topic);
      this.#deliver(it, { type: "refused", data: frame.error });
    }
  }

  #pushed(frame) {
    const it = this.#topics.get(frame.topic);
    // Notices have no number. What is older than the answer to a request under way is in it.
    const isKnown = "sequence" in frame && frame.epoch === it?.epoch && frame.sequence <= it.sequence;
    if (!it || it.asked !== null || isKnown) {
      return;
    }
    if ("sequence" in frame) {
      it.epoch = frame.epoch;
      it.sequence = frame.sequence;
    }
    this.#deliver(it, { type: frame.type, data: frame.data });
  }

  #deliver(it, said) {
    it.last = said.data;
    for (const heard of [...it.listeners]) {
      heard(said);
    }
  }

  #send(request) {
    this.#asked += 1;
    this.#socket.send(JSON.stringify({ id: this.#asked, ...request }));
    return this.#asked;
  }

  // Asks for a sign of life where none has come for a while: a network that is gone says nothing.
  #listen() {
    clearTimeout(this.#timers.quiet);
    if (!this.#isWelcome) {
      return;
    }
    this.#timers.quiet = setTimeout(() => {
      this.#send({ op: "ping" });
      this.#timers.quiet = setTimeout(() => this.#drop(), PONG_WITHIN_MS);
    }, this.#pingEvery);
  }

  // Gives the socket up without waiting for its end, which may be long in coming.
  #drop() {
    const socket = this.#socket;
    this.#lost(1006, "");
    socket?.close(1000);
  }

  #tell() {
    const state = this.#now();
    if (state !== this.#state) {
      this.#state = state;
      this.#watchers.forEach((told) => told(state));
    }
  }

  #now() {
    if (this.#topics.size === 0) {
      return "idle";
    }
    if (this.#hasEnded) {
      return "ended";
    }
    const isBehind = [...this.#topics.values()].some((it) => it.asked !== null);
    if (this.#isWelcome && (!isBehind || this.#state === "live")) {
      this.#wasLive = true;
      return "live";
    }
    return this.#wasLive ? "reconnecting" : "connecting";
  }
}

// @ts-check
// The client of the socket: follows topics, asks, and comes back by itself when it is cut. What is told
// of a topic comes in order, whole and never twice: each event has a number, whoever comes back says
// which was the last, and one that is missing is asked for. docs/ws-protocol.md has the frames.
/**
 * @typedef {{ token?: string, cart_token?: string }} Credentials
 * @typedef {{ filter?: { types: string[] }, order_token?: string, since?: { sequence: number } }} Options
 * @typedef {{ type: string, data: any, at?: string, sequence?: number }} Said
 * @typedef {{ code: string, message: string, retry: boolean }} Refusal `lost` is perhaps done
 * @typedef {"idle" | "connecting" | "live" | "reconnecting" | "ended"} State
 * @typedef {(said: Said) => void} Heard
 * @typedef {{ epoch: string | null, sequence: number, isAsked: boolean, last: any }} Place
 * @typedef {Place & { options: Options, listeners: Set<Heard> }} Topic
 * @typedef {Said & { topic: string, epoch?: string, previous?: number }} Push
 * @typedef {(why: Refusal) => void} Failed
 */
// A client that comes back waits a random time up to the first, doubled each time, up to the second; up
// to the first again once a socket has stayed for the third.
const WAIT_MS = 500;
const WAIT_MAX_MS = 20_000;
const GOOD_AFTER_MS = 10_000;
// How long the server has to answer a new socket or a ping, and how long one is kept that nobody needs.
const ANSWER_WITHIN_MS = 10_000;
const LINGER_MS = 5_000;
// The part of its time after which a token is replaced.
const RENEW_AFTER = 0.8;
const STORED = /^(order:|me$|admin:feed$)/; // topics whose numbers rise by one; others are states
const LOST = { code: "lost", message: "the connection was lost", retry: true };

/** @param {Options} options @returns {Place} where a topic begins */
const start = ({ since }) => ({ epoch: null, sequence: since?.sequence ?? 0, isAsked: false, last: null });

export class Live {
  #url;
  #credentials;
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Map<string, Topic>} */ #topics = new Map();
  // What waits for the socket, and by its number what waits for an answer.
  /** @type {{ failed: Failed, send: () => void }[]} */ #waiting = [];
  /** @type {Map<number, { failed: Failed, done: (answer: any) => void }>} */ #sent = new Map();
  /** @type {Set<(state: State) => void>} */ #watchers = new Set();
  #state = /** @type {State} */ ("idle");
  /** @type {Refusal | null} why nothing is tried any more */ #end = null;
  #isReady = false;
  #wasLive = false;
  #tries = 0;
  #asked = 0;
  #pingEvery = 0;
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */ #timers = {};

  /**
   * @param {string} url
   * @param {() => Promise<Credentials | null>} credentials asked for each time that it says who asks
   */
  constructor(url, credentials = async () => null) {
    this.#url = url;
    this.#credentials = credentials;
    globalThis.document?.addEventListener("visibilitychange", () => document.hidden || this.#comeBackNow());
    ["online", "pageshow"].forEach((it) => globalThis.addEventListener?.(it, () => this.#comeBackNow()));
    // A page with an open socket is not kept for the button that leads back.
    globalThis.addEventListener?.("pagehide", () => this.#drop(() => this.#forget()));
  }

  /**
   * Calls `heard` with the state of a topic, with each event after it, and with `refused`. The answer
   * leaves the topic. All who follow a topic have the options of the first.
   * @param {string} topic @param {Heard} heard @param {Options} options
   */
  follow(topic, heard, options = {}) {
    const found = this.#topics.get(topic);
    const it = found ?? { options, listeners: new Set(), ...start(options) };
    it.listeners.add(heard);
    if (!found || STORED.test(topic)) {
      it.epoch = null; // events alone tell nobody how it stands
      this.#topics.set(topic, it);
      this.#isReady && this.#subscribe(topic, it);
    } else if (it.last) {
      queueMicrotask(() => it.last && it.listeners.has(heard) && heard({ type: "snapshot", data: it.last }));
    }
    this.#open();
    return () => this.#leave(topic, it, heard);
  }

  /**
   * Asks once there is a socket: the answer, or a {@link Refusal}. With a `key` it can be asked again.
   * @param {string} op @param {object} fields @returns {Promise<any>}
   */
  request(op, fields = {}) {
    return new Promise((done, failed) => {
      this.#waiting.push({ failed, send: () => this.#ask({ op, ...fields }).then(done, failed) });
      this.#open();
    });
  }

  /** @param {(state: State) => void} told hears the state, now and each time that it is another */
  watch(told) {
    this.#watchers.add(told);
    told(this.#state);
    return () => this.#watchers.delete(told);
  }

  /** Begins anew, as somebody else or after the end: what is known of a topic may be another user's. */
  restart() {
    this.#drop();
    this.#topics.forEach((it) => Object.assign(it, start(it.options)));
    this.#comeBackNow();
  }

  /** @param {string} topic @param {Topic} it @param {Heard} heard */
  #leave(topic, it, heard) {
    it.listeners.delete(heard);
    if (it.listeners.size > 0 || this.#topics.get(topic) !== it) {
      return;
    }
    this.#topics.delete(topic);
    this.#isReady && this.#ask({ op: "unsubscribe", topic }).catch(() => {});
    this.#after("linger", LINGER_MS, () => this.#isNeeded || this.#drop(() => this.#forget()));
    this.#tell();
  }

  get #isNeeded() {
    return this.#topics.size + this.#waiting.length + this.#sent.size > 0;
  }

  #open() {
    if (this.#isReady || this.#end) {
      this.#waiting.splice(0).forEach((it) => (this.#end ? it.failed(this.#end) : it.send()));
    } else if (!this.#socket && !this.#timers.back && this.#isNeeded) {
      const socket = (this.#socket = new WebSocket(this.#url, "rialto.v1"));
      // What comes of one that has been given up is nobody's business.
      socket.onmessage = ({ data }) => socket === this.#socket && this.#heard(JSON.parse(data));
      socket.onclose = ({ code, reason }) => socket === this.#socket && this.#lost(code, reason);
      this.#after("quiet", ANSWER_WITHIN_MS, () => this.#drop());
      this.#tell();
    }
  }

  #forget() {
    this.#socket = null;
    this.#isReady = false;
    Object.values(this.#timers).forEach(clearTimeout);
    this.#timers = {};
    this.#sent.forEach(({ failed }) => failed(LOST));
    this.#sent.clear();
  }

  /** @param {number} code @param {string} reason */
  #lost(code, reason) {
    this.#forget();
    this.#end = code >= 3500 && code < 4000 ? { ...LOST, message: reason, retry: false } : null;
    if (!this.#end && this.#isNeeded) {
      const told = code === 3001 && /"reconnect_in_ms":\s*(\d+)/.exec(reason);
      const most = Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** this.#tries);
      this.#tries += told ? 0 : 1;
      // Random over the whole range, so that those who were cut together don't come back together.
      this.#after("back", told ? Number(told[1]) : Math.random() * most, () => this.#open());
    }
    this.#open();
    this.#tell();
  }

  // Somebody looks, or there is a network again: no reason to wait any longer.
  #comeBackNow() {
    clearTimeout(this.#timers.back);
    delete this.#timers.back;
    this.#open();
  }

  /** @param {any} frame */
  #heard(frame) {
    this.#isReady && this.#listen();
    if (frame.op === "welcome") {
      this.#pingEvery = frame.ping_interval_ms;
      this.#welcome();
    } else if (frame.topic && frame.type) {
      this.#pushed(frame);
    } else {
      const asked = this.#sent.get(frame.id);
      this.#sent.delete(frame.id);
      frame.ok ? asked?.done(frame) : asked?.failed(frame.error);
    }
    this.#tell();
  }

  async #welcome() {
    this.#after("good", GOOD_AFTER_MS, () => (this.#tries = 0));
    if (await this.#authenticate()) {
      this.#isReady = true;
      this.#topics.forEach((it, topic) => this.#subscribe(topic, it));
      this.#open();
      this.#listen();
    }
  }

  // Whether the socket is still there. Whom the server does not know, it closes.
  async #authenticate() {
    const socket = this.#socket;
    const credentials = await this.#credentials().catch(() => undefined);
    if (!socket || socket !== this.#socket) {
      return false;
    }
    if (credentials) {
      const renew = (/** @type {{ expires_in?: number }} */ { expires_in: seconds }) =>
        seconds && this.#after("renew", seconds * 1000 * RENEW_AFTER, () => this.#authenticate());
      this.#ask({ op: "auth", ...credentials }).then(renew, () => {});
    } else if (credentials === undefined) {
      this.#drop();
    }
    return credentials !== undefined;
  }

  /** @param {string} topic @param {Topic} it */
  async #subscribe(topic, it) {
    it.isAsked = true;
    const since = it.epoch === null ? {} : { since: { epoch: it.epoch, sequence: it.sequence } };
    const asked = this.#ask({ op: "subscribe", topic, ...it.options, ...since });
    const answer = await asked.catch((why) => ({ why }));
    it.isAsked = false;
    if (answer.ok) {
      it.epoch = answer.epoch;
      // What was missed follows by itself where the topic could be resumed.
      if (!answer.recovered) {
        it.sequence = answer.sequence;
        this.#deliver(it, { type: "snapshot", data: answer.snapshot });
      }
    } else if (answer.why !== LOST && answer.why.retry) {
      this.#drop(); // it is asked for again with everything else
    } else if (answer.why !== LOST && this.#topics.get(topic) === it) {
      this.#topics.delete(topic);
      this.#deliver(it, { type: "refused", data: answer.why });
    }
    this.#tell();
  }

  /** @param {Push} push */
  #pushed({ topic, epoch, sequence, previous, type, at, data }) {
    const it = this.#topics.get(topic);
    // What comes while it is asked for is in the answer, or comes after it.
    if (!it || it.isAsked || (epoch === it.epoch && Number(sequence) <= it.sequence)) {
      return;
    }
    const before = previous ?? (type === "feed.sampled" ? data.from : sequence) - 1;
    if (STORED.test(topic) && before > it.sequence) {
      this.#subscribe(topic, it);
    } else {
      Object.assign(it, sequence === undefined ? {} : { epoch, sequence }); // notices have none
      this.#deliver(it, { type, at, sequence, data });
    }
  }

  /** @param {Topic} it @param {Said} said */
  #deliver(it, said) {
    it.last = said.data;
    [...it.listeners].forEach((heard) => heard(said));
  }

  /** @param {object} request @returns {Promise<any>} */
  #ask(request) {
    this.#socket?.send(JSON.stringify({ id: (this.#asked += 1), ...request }));
    return new Promise((done, failed) => this.#sent.set(this.#asked, { done, failed }));
  }

  /** @param {string} name @param {number} ms @param {() => void} then */
  #after(name, ms, then) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      then();
    }, ms);
  }

  // Asks for a sign of life where none has come for a while: a network that is gone says nothing.
  #listen() {
    this.#after("quiet", this.#pingEvery, () => {
      this.#ask({ op: "ping" }).catch(() => {});
      this.#after("quiet", ANSWER_WITHIN_MS, () => this.#drop());
    });
  }

  // Gives the socket up, and does not wait for its end.
  #drop(then = () => this.#lost(1006, "")) {
    const socket = this.#socket;
    then();
    socket?.close(1000);
    this.#tell();
  }

  #tell() {
    const isBehind = [...this.#topics.values()].some((it) => it.isAsked);
    const isLive = this.#isReady && (!isBehind || this.#state === "live");
    this.#wasLive ||= isLive && this.#topics.size > 0;
    const away = this.#end ? "ended" : this.#wasLive ? "reconnecting" : "connecting";
    const told = this.#topics.size === 0 ? "idle" : isLive ? "live" : away;
    if (told !== this.#state) {
      this.#state = told;
      this.#watchers.forEach((watcher) => watcher(told));
    }
  }
}

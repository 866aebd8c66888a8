//! The client of the socket, in a page that has nothing else on it.

use serde_json::{Value, json};

use crate::{
    proxy::Proxy,
    support::{TestShop, client::Client, each, purchase::topic},
    window::Window,
};

/// What the page draws, in turn, in quarters of the range of each wait.
const DRAWS: [u64; 4] = [2, 0, 3, 1];
/// The ranges of the first waits, in milliseconds.
const RANGES: [u64; 8] = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000];
/// How long a socket must stay to count as good, and how long an answer is waited for, in
/// milliseconds.
const GOOD_AFTER: u64 = 10_000;
const ANSWER_WITHIN: u64 = 10_000;

/// Makes a client of its own, and what can be seen of it: its `states`, what it `heard`, and its
/// `sockets` with what was `sent` on each and how it came to its `end`.
///
/// Time stands still, but for whoever looks at the page: what is waited for is in `timers`, until a
/// test lets it `pass`. What would be random comes from `draws`. Of the pushes that come, as many as
/// `lose` says get lost.
const WATCHED: &str = "async (draws) => {
    Object.assign(window, { timers: new Map(), sockets: [], states: [], heard: [], who: null, lose: 0 });
    const begin = window.setTimeout;
    window.setTimeout = (then, ms) => {
        const id = timers.count = (timers.count ?? 0) + 1;
        return then.name === 'look' ? begin(then, ms) : timers.set(id, { then, ms }) && id;
    };
    window.clearTimeout = (id) => timers.delete(id);
    window.waits = () => [...timers.values()].map((it) => it.ms);
    window.pass = (ms) => {
        const [id, { then }] = [...timers].find(([, it]) => it.ms === ms);
        timers.delete(id);
        then();
    };
    let drawn = 0;
    Math.random = () => draws[drawn++ % draws.length] / 4;
    window.WebSocket = class extends WebSocket {
        sent = [];
        constructor(...how) {
            super(...how);
            sockets.push(this);
            this.addEventListener('close', ({ code, reason }) => (this.end = { code, reason }));
            this.addEventListener('message', (event) => {
                if (lose > 0 && JSON.parse(event.data).topic) {
                    lose -= 1;
                    event.stopImmediatePropagation();
                }
            });
        }
        send(text) {
            this.sent.push(JSON.parse(text));
            super.send(text);
        }
    };
    const { Live } = await import('/storefront/live.js');
    window.live = new Live(`ws://${location.host}/api/v1/ws`, async () => who);
    live.watch((state) => states.push(state));
}";

/// A shop that is reached by `network`.
async fn shop_at(network: &Proxy, settings: &[(&'static str, &str)]) -> TestShop {
    let origin = network.url();
    let settings = [&[("RIALTO_ORIGINS", origin.as_str())], settings].concat();
    let shop = TestShop::with(&settings).await;
    network.lead_to(shop.address());
    shop
}

/// The desk before anybody has logged in: a page that follows nothing by itself.
async fn page(url: &str) -> Window {
    let mut window = Window::open().await;
    window.keep_what_is_told().await;
    window.go(&format!("{url}/admin")).await;
    window.see(&format!("({WATCHED})({})", json!(DRAWS))).await;
    window
}

/// Who asks from now on, each time that somebody must say so.
async fn is(window: &mut Window, user: &Client) {
    window.see(&format!("who = {}", json!({ "token": user.access_token() }))).await;
}

async fn follow(window: &mut Window, topic: &str, options: Value) {
    let topic = json!(topic);
    window.see(&format!("void live.follow({topic}, (it) => heard.push(it), {options})")).await;
    is_live(window).await;
}

async fn follow_product(window: &mut Window, shop: &TestShop) {
    let product = shop.variant("teapot").await.product;
    follow(window, &format!("product:{product}"), json!({})).await;
}

async fn is_live(window: &mut Window) {
    window.shows("states.at(-1) === 'live'").await;
}

/// Lets a wait of so many milliseconds, which somebody must be in, come to its end.
async fn pass(window: &mut Window, ms: u64) {
    window.see(&format!("pass({ms})")).await;
}

/// All that is waited for, in milliseconds.
async fn waits(window: &mut Window) -> Value {
    window.see("waits()").await
}

/// How long the client waits until it comes back, once its socket has ended.
async fn wait(window: &mut Window) -> u64 {
    window.shows("sockets.at(-1).end && timers.size === 1").await;
    window.see("waits()[0]").await.as_u64().unwrap()
}

#[actix_rt::test]
async fn each_wait_is_drawn_from_twice_the_range_until_a_socket_has_stayed() {
    let network = Proxy::open().await;
    let shop = shop_at(&network, &[]).await;
    let mut window = page(&network.url()).await;
    follow_product(&mut window, &shop).await;
    let expected: Vec<u64> =
        RANGES.iter().zip(DRAWS.iter().cycle()).map(|(range, part)| range * part / 4).collect();

    network.cut();
    let mut waited = vec![wait(&mut window).await];
    while waited.len() < RANGES.len() {
        pass(&mut window, *waited.last().unwrap()).await;
        waited.push(wait(&mut window).await);
    }
    assert_eq!(waited, expected);

    network.lead_to(shop.address());
    pass(&mut window, *waited.last().unwrap()).await;
    is_live(&mut window).await;
    network.cut();
    let last = wait(&mut window).await;
    assert_eq!(last, 20_000 * DRAWS[0] / 4, "it has not stayed");

    network.lead_to(shop.address());
    pass(&mut window, last).await;
    is_live(&mut window).await;
    pass(&mut window, GOOD_AFTER).await;
    network.cut();
    assert_eq!(wait(&mut window).await, 500 * DRAWS[1] / 4, "it has stayed");
    window.close().await;
}

#[actix_rt::test]
async fn whoever_is_told_when_to_come_back_does_so_then_and_has_not_tried_in_vain() {
    let network = Proxy::open().await;
    let mut shop = shop_at(&network, &[("RIALTO_RECONNECT_OVER", "1h")]).await;
    let mut window = page(&network.url()).await;
    follow_product(&mut window, &shop).await;

    shop.terminate();
    let told = wait(&mut window).await;
    let end = json!({ "code": 3001, "reason": json!({ "reconnect_in_ms": told }).to_string() });
    assert_eq!(window.see("sockets[0].end").await, end);

    assert!(shop.ended().await.success());
    shop.start_again().await;
    network.lead_to(shop.address());
    pass(&mut window, told).await;
    is_live(&mut window).await;
    network.cut();
    assert_eq!(wait(&mut window).await, RANGES[0] * DRAWS[0] / 4);
    window.close().await;
}

#[actix_rt::test]
async fn what_has_ended_for_good_stays_so_until_somebody_begins_anew() {
    let shop = TestShop::start().await;
    let (ada, bob) = (shop.sign_up().await, shop.sign_up().await);
    let mut window = page(&format!("http://{}", shop.address())).await;
    is(&mut window, &ada).await;
    follow(&mut window, "me", json!({})).await;

    ada.post("/auth/logout-all", Value::Null).await.is(204);
    window.shows("states.at(-1) === 'ended'").await;
    assert_eq!(window.see("sockets[0].end.code").await, 3503);
    is(&mut window, &bob).await;
    for back in ["window, 'online'", "window, 'pageshow'", "document, 'visibilitychange'"] {
        window
            .see(&format!("((where, what) => where.dispatchEvent(new Event(what)))({back})"))
            .await;
    }
    let refused = window.see("live.request('ping').catch((why) => why)").await;
    let lost = json!({ "code": "lost", "message": "session revoked", "retry": false });
    assert_eq!(refused, lost);
    assert_eq!(window.see("[sockets.length, timers.size]").await, json!([1, 0]));

    window.see("live.restart()").await;
    is_live(&mut window).await;
    assert_eq!(window.see("heard.at(-1).data.user.id").await, bob.user_id());
    window.close().await;
}

#[actix_rt::test]
async fn a_token_is_replaced_on_its_socket_before_it_ends() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up().await;
    let mut window = page(&format!("http://{}", shop.address())).await;
    is(&mut window, &ada).await;
    follow(&mut window, "me", json!({})).await;
    let mut fresh = ada.clone();
    // Tokens of the same second are the same.
    while fresh.access_token() == ada.access_token() {
        let refresh = json!({ "refresh_token": fresh.session["refresh_token"] });
        let session = fresh.post("/auth/refresh", refresh).await.is(200);
        fresh = shop.stranger().signed_in(session);
    }
    is(&mut window, &fresh).await;

    let ends = "told.filter((it) => it.expires_in).map((it) => it.expires_in)";
    window.see(&format!("pass({ends}[0] * 1000 * 0.8)")).await;

    window.shows(&format!("{ends}.length === 2")).await;
    window.shows(&format!("waits().includes({ends}[1] * 1000 * 0.8)")).await;
    let shown =
        "sockets.map(({ sent }) => sent.filter((it) => it.op === 'auth').map((it) => it.token))";
    assert_eq!(window.see(shown).await, json!([[ada.access_token(), fresh.access_token()]]));
    assert_eq!(window.see("states").await, json!(["idle", "connecting", "live"]));
    window.close().await;
}

#[actix_rt::test]
async fn a_socket_that_says_nothing_is_asked_and_given_up_where_no_answer_comes() {
    let network = Proxy::open().await;
    let shop = shop_at(&network, &[("RIALTO_SOCKET_PING", "7s")]).await;
    let mut window = page(&network.url()).await;
    follow_product(&mut window, &shop).await;
    pass(&mut window, GOOD_AFTER).await;

    pass(&mut window, 7_000).await;
    assert_eq!(window.see("sockets[0].sent.at(-1).op").await, "ping");
    window.shows("told.at(-1).id === sockets[0].sent.at(-1).id").await;
    assert_eq!(waits(&mut window).await, json!([7_000]));

    network.swallow();
    pass(&mut window, 7_000).await;
    assert_eq!(waits(&mut window).await, json!([ANSWER_WITHIN]));
    pass(&mut window, ANSWER_WITHIN).await;
    assert_eq!(window.see("sockets[0].readyState > WebSocket.OPEN").await, true);
    assert_eq!(window.see("states.at(-1)").await, "reconnecting");
    let waited = RANGES[0] * DRAWS[0] / 4;
    assert_eq!(waits(&mut window).await, json!([waited]));

    // A handshake that nobody answers is not waited for either.
    pass(&mut window, waited).await;
    assert_eq!(waits(&mut window).await, json!([ANSWER_WITHIN]));
    pass(&mut window, ANSWER_WITHIN).await;
    network.lead_to(shop.address());
    pass(&mut window, RANGES[1] * DRAWS[1] / 4).await;
    is_live(&mut window).await;
    window.close().await;
}

#[actix_rt::test]
async fn an_event_that_was_lost_is_asked_for_and_each_comes_once_and_in_order() {
    let shop = TestShop::with(&[("RIALTO_COURIER", "manual")]).await;
    let guest = shop.guest().await;
    guest.add(&shop.variant("teapot").await, 1).await;
    let placed = guest.check_out_as_guest().await.is(201);
    let (order, token) = (&placed["order"], &placed["order_token"]);
    let guest = shop.stranger().with("X-Order-Token", token.as_str().unwrap());
    let mut window = page(&format!("http://{}", shop.address())).await;
    follow(&mut window, &topic(order), json!({ "order_token": token })).await;
    let answer = window.see("told.find((it) => it.snapshot)").await;
    let known = guest.timeline(order).await.len();

    window.see("lose = 1").await;
    guest.pay(order, "tok_success").await.is(200);

    let timeline = guest.timeline(order).await;
    let happened = json!(each(&timeline[known..], "sequence"));
    let count = timeline.len() - known;
    assert!(count >= 2, "nothing shows that one was lost");
    window.shows(&format!("heard.length > {count}")).await;
    assert_eq!(window.see("heard.slice(1).map((it) => it.sequence)").await, happened);
    let asked = "sockets.map(({ sent }) => sent.filter((it) => it.since).map((it) => it.since))";
    let since = json!({ "epoch": answer["epoch"], "sequence": answer["sequence"] });
    assert_eq!(window.see(asked).await, json!([[since]]));
    window.close().await;
}

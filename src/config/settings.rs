//! The table of all settings: name, default, type and meaning of each.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{
    FILE, Origin, Problem, Secret, Texts,
    address::{DatabaseUrl, NatsUrl, Network, RedisUrl, WebOrigin},
    mail::{Sender, SmtpUrl},
    payment::StripeUrl,
    value::{
        Count, Courier, Environment, LogFilter, LogFormat, Shown, Size, Speed, Value, Workers,
    },
};
use crate::domain::{account::Email, password::Hashing, payment::ProviderName, settings::Language};

/// What can be said of a setting without reading it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Of the environment variable; the file may write it short, see `Texts`.
    pub name: &'static str,
    /// As it would be written; empty where there is none. `<data dir>` stands for the data
    /// directory.
    pub default: &'static str,
    pub meaning: &'static str,
    pub shown: Shown,
}

/// Settings that are accepted and checked, and do nothing yet: the server says so at its start.
const NOT_USED_YET: &[&str] = &["NATS_URL"];

macro_rules! settings {
    ($($(#[doc = $meaning:literal])+ $field:ident: $type:ty = $name:literal or $default:literal;)*) => {
        /// Every setting there is, in the order in which people read them.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: $name,
            default: $default,
            meaning: concat!($($meaning),+),
            shown: <$type as Value>::SHOWN,
        },)*];

        /// The settings of a process, parsed and checked.
        #[derive(Debug, Clone)]
        pub struct Config { $($(#[doc = $meaning])+ pub $field: $type,)* }

        impl Config {
            /// All settings, or none where one is wrong; each that is wrong is told.
            pub(super) fn parse(texts: &Texts, problems: &mut Vec<Problem>) -> Option<Self> {
                $(let $field = value_of::<$type>($name, texts, problems);)*
                Some(Config { $($field: $field?,)* })
            }
        }
    };
}

settings! {
    /// `dev`, `test` or `prod`; `prod` refuses default secrets and demo logins
    env: Environment = "RIALTO_ENV" or "dev";
    /// The address and port to listen on; port 0 takes a free one. Once bound, `host:port` is
    /// written to `<data dir>/listen`
    listen: SocketAddr = "RIALTO_LISTEN" or "127.0.0.1:8080";
    /// Where the SQLite file and what else the program keeps are
    data_dir: PathBuf = "RIALTO_DATA_DIR" or "data";
    /// The database: `sqlite:<path>` or `postgres://<user>:<password>@<host>/<database>`
    database: DatabaseUrl = "DATABASE_URL" or "sqlite:<data dir>/rialto.db";
    /// Redis, where several nodes keep the tickets of sockets and the counters of limits in common;
    /// without it memory
    redis: Option<RedisUrl> = "REDIS_URL" or "";
    /// NATS, which carries events between nodes; without it a bus within the process
    nats: Option<NatsUrl> = "NATS_URL" or "";
    /// The mail server: `smtps://<user>:<password>@<host>`, or `smtp://` where STARTTLS is wanted
    /// (`?tls=none`: no encryption at all). Without it each mail is a file `<data dir>/mail/*.eml`
    smtp: Option<SmtpUrl> = "SMTP_URL" or "";
    /// Whom mails are from
    mail_from: Sender = "RIALTO_MAIL_FROM" or "Rialto <no-reply@rialto.test>";
    /// Who gets a letter about each order that is placed, for the shop's own people; without it nobody.
    /// All nodes should have the same
    orders_mail: Option<Email> = "RIALTO_ORDERS_MAIL" or "";
    /// What that letter is written in: `en`, `de` or `ru`
    orders_language: Language = "RIALTO_ORDERS_LANGUAGE" or "en";
    /// When a mail that was refused for now is tried again; twice as long after each time
    mail_retry: Duration = "RIALTO_MAIL_RETRY" or "30s";
    /// When a message to a webhook that did not arrive is tried again for the first time; the later
    /// tries are 60 to 17,280 times as long apart, so 5 min to 24 h
    webhook_retry: Duration = "RIALTO_WEBHOOK_RETRY" or "5s";
    /// `on`: webhooks and the push services of browsers may be on this machine and its network, without
    /// TLS too, for tests; `prod` refuses it
    webhook_private: bool = "RIALTO_WEBHOOK_PRIVATE" or "off";
    /// When a push or text message that was refused for now is tried again; twice as long after each
    /// time, up to an hour
    dispatch_retry: Duration = "RIALTO_DISPATCH_RETRY" or "10s";
    /// The private key (P-256, 32 bytes in base64url) by which push services know the shop; without it
    /// one is made once and kept in the database. Browsers that subscribed with another one are lost
    vapid_key: Option<Secret> = "RIALTO_VAPID_KEY" or "";
    /// What signs access tokens: the first of a list signs, all of them are believed. Made once
    /// into `<data dir>/jwt.secret` in `dev` and `test`; `prod` wants 32 random bytes or more
    jwt_secrets: Vec<Secret> = "RIALTO_JWT_SECRET" or "";
    /// What other programs of the shop show to send notifications (`POST /api/v1/notifications`), a
    /// list; without it none may. `prod` wants 32 random bytes or more of each
    service_tokens: Vec<Secret> = "RIALTO_SERVICE_TOKENS" or "";
    /// How new passwords are hashed: `argon2id:m=<KiB>,t=<passes>,p=<lanes>` or `bcrypt:cost=<log2>`;
    /// at each login, a hash of another kind or cost is made anew. `prod` wants as much as OWASP
    password_hash: Hashing = "RIALTO_PASSWORD_HASH" or "argon2id:m=19456,t=2,p=1";
    /// Where people reach the shop, for links in mails; without it the listen address
    public_url: Option<WebOrigin> = "RIALTO_PUBLIC_URL" or "";
    /// The origins of browsers that may call the API, a list; without it the server's own
    origins: Vec<WebOrigin> = "RIALTO_ORIGINS" or "";
    /// Addresses and networks whose `X-Forwarded-For` counts, a list
    trusted_proxies: Vec<Network> = "RIALTO_TRUSTED_PROXIES" or "";
    /// How many threads serve HTTP; `cores` is one for each. Half as many run the actors
    workers: Workers = "RIALTO_WORKERS" or "cores";
    /// `on`: nobody checks out before their address is confirmed
    require_confirmed_email: bool = "RIALTO_REQUIRE_CONFIRMED_EMAIL" or "off";
    /// `off` for load runs; `prod` refuses it
    rate_limits: bool = "RIALTO_RATE_LIMITS" or "on";
    /// How often a socket is pinged
    socket_ping: Duration = "RIALTO_SOCKET_PING" or "25s";
    /// How long after a ping its client must have been heard
    socket_pong: Duration = "RIALTO_SOCKET_PONG" or "10s";
    /// How long a client may take to authenticate or to subscribe
    socket_idle: Duration = "RIALTO_SOCKET_IDLE" or "10s";
    /// How many bytes a message to a socket may have
    socket_message: Size = "RIALTO_SOCKET_MESSAGE" or "64KiB";
    /// How many bytes may wait for the client of a socket; whoever reads more slowly is closed and
    /// resumes
    socket_queue: Size = "RIALTO_SOCKET_QUEUE" or "1MiB";
    /// How many bytes may wait for the clients of all sockets of this node together
    socket_queues: Size = "RIALTO_SOCKET_QUEUES" or "256MiB";
    /// How many topics a socket may follow
    socket_topics: Count = "RIALTO_SOCKET_TOPICS" or "64";
    /// How many messages the client of a socket may send in a second, and twice as many at once
    socket_rate: Count = "RIALTO_SOCKET_RATE" or "50";
    /// How many sockets one address, or one network of IPv6, may have on this node
    sockets_per_address: Count = "RIALTO_SOCKETS_PER_ADDRESS" or "1000";
    /// How long sockets may take to say goodbye when the process is told to stop. What is in hand then
    /// has 8 s more: whoever ends processes should wait that long
    drain: Duration = "RIALTO_DRAIN" or "3s";
    /// Over how long a time the clients of sockets come back that were sent away
    reconnect_over: Duration = "RIALTO_RECONNECT_OVER" or "5s";
    /// When an order that is not paid expires
    payment_ttl: Duration = "RIALTO_PAYMENT_TTL" or "30m";
    /// When a cart that nobody touches expires
    cart_ttl: Duration = "RIALTO_CART_TTL" or "30d";
    /// When a cart's hold on its stock expires
    hold_ttl: Duration = "RIALTO_HOLD_TTL" or "15m";
    /// Who moves the money of new orders: `emulator`, which moves none, or `stripe`
    payment_provider: ProviderName = "RIALTO_PAYMENT_PROVIDER" or "emulator";
    /// `on`: the emulator takes payments in `prod` too, by which orders are paid for that nobody pays
    no_real_money: bool = "RIALTO_NO_REAL_MONEY" or "off";
    /// Stripe's secret key. With it what Stripe has is settled and given back, whoever new orders
    /// are paid through
    stripe_key: Option<Secret> = "STRIPE_API_KEY" or "";
    /// What Stripe's webhooks are signed by, a list; all of them are believed
    stripe_webhook_secrets: Vec<Secret> = "RIALTO_STRIPE_WEBHOOK_SECRETS" or "";
    /// Where Stripe's API is
    stripe_url: StripeUrl = "RIALTO_STRIPE_URL" or "https://api.stripe.com";
    /// How long the payment emulator takes for an answer
    emulator_delay: Duration = "RIALTO_EMULATOR_DELAY" or "0ms";
    /// `simulated`: a fictitious warehouse and courier deliver every paid order; `manual`:
    /// nothing moves but by the admin API
    courier: Courier = "RIALTO_COURIER" or "simulated";
    /// How many times faster than life the simulated courier is; 1 is about two days to the door
    courier_speed: Speed = "RIALTO_COURIER_SPEED" or "1";
    /// What goes wrong on its way: of the same parcel always the same under the same number. `0`:
    /// nothing; with any other one of ten parcels arrives at the second attempt and one of fifty is
    /// sent back. All nodes should have the same
    courier_seed: u64 = "RIALTO_COURIER_SEED" or "0";
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or by module as in
    /// `info,rialto::store=debug`
    log: LogFilter = "RIALTO_LOG" or "info,actix_server=warn";
    /// `text`, `json` (a line each), or `auto`: text in `dev` on a terminal, else json
    log_format: LogFormat = "RIALTO_LOG_FORMAT" or "auto";
}

impl Setting {
    /// The setting of this name.
    pub fn named(name: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// Whether the program does what it says; if not, the start warns whoever set it.
    pub fn is_used(&self) -> bool {
        !NOT_USED_YET.contains(&self.name)
    }

    /// What stands for `text` where people can read it.
    pub fn show(&self, text: &str) -> String {
        self.shown.show(text)
    }
}

fn value_of<T: Value>(name: &'static str, texts: &Texts, problems: &mut Vec<Problem>) -> Option<T> {
    let (text, origin) = texts.get(name)?;
    let value = T::parse(text);
    if value.is_none() {
        let wanted = T::wanted();
        let place = if origin == Origin::File { format!(" ({FILE})") } else { String::new() };
        let message = match T::SHOWN {
            Shown::Plain => format!("wants {wanted}, not {text:?}{place}"),
            Shown::Secret | Shown::Url => format!("wants {wanted}{place}"),
        };
        problems.push(Problem { name: name.to_owned(), message });
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_used_yet_is_a_setting() {
        for name in NOT_USED_YET {
            assert!(Setting::named(name).is_some_and(|setting| !setting.is_used()), "{name}");
        }
    }
}

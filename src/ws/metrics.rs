//! What is counted of sockets.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// What is counted of sockets. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    pub open: Gauge,
    pub subscriptions: Gauge,
    pub deliveries: Counter,
    /// Pages of what was missed that were read from the store.
    pub reads: Counter,
    /// Bytes that wait for clients, as the budget of all queues counts them.
    pub queued: Gauge,
    /// Sockets that were shut down because their clients took nothing any more.
    pub cut: Counter,
    closed: Family<Closed, Counter>,
    opened: Family<Opened, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Closed {
    code: String,
}

/// How a subscription began.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Opened {
    recovered: &'static str,
}

impl Metrics {
    /// Counts that stand in `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Metrics::default();
        let Metrics { open, subscriptions, deliveries, reads, queued, cut, closed, opened } =
            metrics.clone();
        registry.register("sockets_open", "Sockets that are open", open);
        registry.register("socket_subscriptions", "Topics that sockets follow", subscriptions);
        registry.register("socket_deliveries", "Events pushed to sockets", deliveries);
        registry.register("socket_reads", "Pages read of what sockets had missed", reads);
        registry.register("socket_queued_bytes", "Bytes that wait for sockets", queued);
        registry.register("sockets_cut", "Sockets shut down on clients that do not read", cut);
        registry.register("sockets_closed", "Sockets that have closed, by code", closed);
        registry.register("socket_subscribed", "Subscriptions, by whether they resumed", opened);
        metrics
    }

    /// A socket is over; `code` is that of its close, where one was said. A client may say any: of
    /// all but ours and the usual ones there is one count.
    pub fn closed(&self, code: Option<u16>) {
        let code = match code {
            Some(code @ (1000 | 1001 | 3000..=3999)) => code.to_string(),
            Some(_) => "other".to_owned(),
            None => "none".to_owned(),
        };
        self.closed.get_or_create(&Closed { code }).inc();
    }

    /// A subscription has begun; `recovered` says how a resumption went, where one was asked for.
    pub fn subscribed(&self, recovered: Option<bool>) {
        let recovered = match recovered {
            Some(true) => "true",
            Some(false) => "false",
            None => "none",
        };
        self.opened.get_or_create(&Opened { recovered }).inc();
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text;

    use super::*;

    #[test]
    fn what_is_counted_can_be_read() {
        let mut registry = Registry::with_prefix("rialto");
        let metrics = Metrics::register(&mut registry);
        metrics.open.inc();
        metrics.closed(Some(3008));
        metrics.closed(Some(4711));
        metrics.closed(None);
        metrics.subscribed(Some(true));

        let mut read = String::new();
        text::encode(&mut read, &registry).unwrap();

        for line in [
            "rialto_sockets_open 1",
            "rialto_sockets_closed_total{code=\"3008\"} 1",
            "rialto_sockets_closed_total{code=\"other\"} 1",
            "rialto_sockets_closed_total{code=\"none\"} 1",
            "rialto_socket_subscribed_total{recovered=\"true\"} 1",
        ] {
            assert!(read.lines().any(|it| it == line), "{line} is not in\n{read}");
        }
    }
}

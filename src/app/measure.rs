//! What is read off the store and the actors when Prometheus asks.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};
use rustix::{
    param::page_size,
    time::{ClockId, clock_gettime},
};

use crate::{
    actors::{
        Actors,
        account::AccountActor,
        audit::AuditActor,
        cart::CartActor,
        catalogue::{ProductActor, TreeActor},
        courier::CourierActor,
        delivery::DeliveryActor,
        directory::{Entity, Stats},
        dispatch,
        image::ImageActor,
        import::ImportActor,
        inventory::InventoryActor,
        link::LinkActor,
        mailer::Counts,
        order::OrderActor,
        payment::PaymentActor,
        pricing::TermsActor,
        review::ReviewActor,
        session::SessionActor,
        webhook::{WebhookActor, sender},
    },
    bus::Bus,
    reading::catalogue::Catalogue,
    store::Store,
};

/// The store and the actors, as `/metrics` shows them.
pub struct Measured {
    pub store: Store,
    pub actors: Actors,
    pub catalogue: Catalogue,
    pub mails: Arc<Counts>,
    pub webhooks: Arc<sender::Counts>,
    pub bus: Bus,
    pub dispatches: Arc<dispatch::Counts>,
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measured")
    }
}

impl Collector for Measured {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let store = self.store.stats();
        let mut gauge = |name: &str, help: &str, value: u32| {
            let gauge = ConstGauge::new(i64::from(value));
            let metric = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            gauge.encode(metric)
        };
        gauge("store_connections", "Connections that read", store.connections)?;
        gauge("store_connections_idle", "Connections that nobody uses", store.idle)?;
        let mut counter = |name: &str, help: &str, value: u64| {
            let counter = ConstCounter::new(value);
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)
        };
        counter("store_commands", "Commands that the writer took", store.commands)?;
        counter("store_transactions", "Transactions that it tried", store.transactions)?;
        counter("store_replays", "Batches that it replayed singly", store.replays)?;
        let (place, left_out) = (self.bus.place(), self.bus.left_out());
        counter("feed_events", "Events there have been, up to the last that was handed on", place)?;
        counter("feed_events_left_out", "Events that admins were not told, of too many", left_out)?;
        let resized = self.actors.studio.resized();
        counter("images_resized", "Pictures that were made in a width", resized)?;
        process(&mut encoder)?;
        self.catalogue(&mut encoder)?;
        self.mails(&mut encoder)?;
        self.webhooks(&mut encoder)?;
        self.dispatches(&mut encoder)?;
        self.actors(&mut encoder)
    }
}

impl Measured {
    fn catalogue(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let gauge = ConstGauge::new(i64::try_from(self.catalogue.len()).unwrap_or(i64::MAX));
        let help = "Products that are in memory";
        let kind = gauge.metric_type();
        gauge.encode(encoder.encode_descriptor("catalogue_products", help, None, kind)?)?;
        let (hits, misses) = self.catalogue.hits();
        let counter = ConstCounter::new(0_u64);
        let help = "Answers of the catalogue, by whether they had been put together before";
        let kind = counter.metric_type();
        let mut metric = encoder.encode_descriptor("catalogue_answers", help, None, kind)?;
        for (cache, value) in [("hit", hits), ("miss", misses)] {
            let counter = ConstCounter::new(value);
            counter.encode(metric.encode_family(&[("cache", cache)])?)?;
        }
        Ok(())
    }

    fn mails(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mails = &*self.mails;
        let waiting = i64::try_from(mails.waiting.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        let gauge = ConstGauge::new(waiting);
        let help = "Mails that have not come to an end, on all nodes";
        let kind = gauge.metric_type();
        gauge.encode(encoder.encode_descriptor("mails_waiting", help, None, kind)?)?;
        let ended = [
            ("mails_sent", "Mails that were taken", &mails.sent),
            ("mails_failed", "Mails that were refused for good", &mails.failed),
            ("mails_unknown", "Mails of which nobody knows whether they arrived", &mails.unknown),
        ];
        ended.into_iter().try_for_each(|(name, help, count)| {
            let counter = ConstCounter::new(count.load(Ordering::Relaxed));
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)
        })
    }

    fn webhooks(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let webhooks = &*self.webhooks;
        let waiting = i64::try_from(webhooks.waiting.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        let gauge = ConstGauge::new(waiting);
        let help = "Messages to webhooks that have not come to an end, on all nodes";
        let kind = gauge.metric_type();
        gauge.encode(encoder.encode_descriptor("webhooks_waiting", help, None, kind)?)?;
        let ended = [
            ("webhooks_delivered", "Messages to webhooks that arrived", &webhooks.delivered),
            ("webhooks_failed", "Attempts that came to nothing", &webhooks.failed),
            ("webhooks_disabled", "Webhooks that were disabled unasked", &webhooks.disabled),
        ];
        ended.into_iter().try_for_each(|(name, help, count)| {
            let counter = ConstCounter::new(count.load(Ordering::Relaxed));
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)
        })
    }

    fn dispatches(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let dispatches = &*self.dispatches;
        let waiting = dispatches.waiting.load(Ordering::Relaxed);
        let gauge = ConstGauge::new(i64::try_from(waiting).unwrap_or(i64::MAX));
        let help = "Messages to devices that have not come to an end, on all nodes";
        let kind = gauge.metric_type();
        gauge.encode(encoder.encode_descriptor("dispatches_waiting", help, None, kind)?)?;
        let ended = [
            ("dispatches_sent", "Messages to devices that were taken", &dispatches.sent),
            ("dispatches_failed", "Messages to devices that were given up", &dispatches.failed),
            ("dispatches_gone", "Browsers that were forgotten, as they are gone", &dispatches.gone),
        ];
        ended.into_iter().try_for_each(|(name, help, count)| {
            let counter = ConstCounter::new(count.load(Ordering::Relaxed));
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)
        })
    }

    fn actors(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Actors {
            sessions,
            accounts,
            links,
            carts,
            orders,
            payments,
            deliveries,
            couriers,
            inventory,
            products,
            categories,
            terms,
            imports,
            desks: _,
            audit,
            images,
            reviews,
            webhooks,
            passwords: _,
            studio: _,
        } = &self.actors;
        let all = [
            (SessionActor::KIND, sessions.stats()),
            (AccountActor::KIND, accounts.stats()),
            (LinkActor::KIND, links.stats()),
            (InventoryActor::KIND, inventory.stats()),
            (ProductActor::KIND, products.stats()),
            (TreeActor::KIND, categories.stats()),
            (TermsActor::KIND, terms.stats()),
            (ImportActor::KIND, imports.stats()),
            (AuditActor::KIND, audit.stats()),
            (ImageActor::KIND, images.stats()),
            (ReviewActor::KIND, reviews.stats()),
            (WebhookActor::KIND, webhooks.stats()),
            (OrderActor::KIND, orders.stats()),
            (CartActor::KIND, carts.stats()),
            (DeliveryActor::KIND, deliveries.stats()),
            (CourierActor::KIND, couriers.stats()),
            (PaymentActor::KIND, payments.stats()),
        ];
        let mut family = |name: &str, help: &str, value: fn(&Stats) -> u64| {
            let gauge = ConstGauge::new(0i64);
            let mut metric = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            all.iter().try_for_each(|(kind, stats)| labelled(&mut metric, kind, value(stats)))
        };
        family("actors_live", "Actors in memory", |it| count(it.live))?;
        family("actors_in_flight", "Messages that wait or are in hand", |it| count(it.in_flight))?;
        family("actors_quarantined", "Ids that panicked too often", |it| count(it.quarantined))?;
        family("actors_panics", "Incarnations that ended by a panic", |it| it.panics)
    }
}

/// What the process uses of the machine, where the system tells.
fn process(encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let spent = Duration::try_from(spent).unwrap_or_default();
    let counter = ConstCounter::new(spent.as_secs_f64());
    let help = "Processor time that was used";
    let kind = counter.metric_type();
    counter.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, kind)?)?;
    let resident = std::fs::read_to_string("/proc/self/statm").ok(); // elsewhere than on Linux
    let pages = resident.and_then(|it| it.split(' ').nth(1)?.parse::<u64>().ok()).unwrap_or(0);
    let bytes = pages.saturating_mul(count(page_size()));
    let gauge = ConstGauge::new(i64::try_from(bytes).unwrap_or(i64::MAX));
    let help = "Memory in use";
    let kind = gauge.metric_type();
    gauge.encode(encoder.encode_descriptor("process_resident_memory_bytes", help, None, kind)?)
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn labelled(metric: &mut MetricEncoder<'_>, kind: &str, value: u64) -> fmt::Result {
    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    gauge.encode(metric.encode_family(&[("kind", kind)])?)
}

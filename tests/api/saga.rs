//! Power cuts at each arrow of a purchase: before a step is committed, after it was and nobody heard
//! of it, and on each side of what the bank is asked. Whoever comes back finds it as if nothing had
//! happened, or done to its end, once.

use futures_util::future::join;
use serde_json::Value;

use crate::support::{
    TestShop,
    client::{Answer, Client},
    each, gapless,
    lock::Lock,
    purchase::Variant,
};

mod bank;
mod step;

use bank::{Account, At, Bank, Call};
use step::{Begun, Step};

/// Where the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The first transaction of the step is on its way.
    Uncommitted,
    /// The first one is committed, and the bank is asked for something.
    Bank(Call, At),
    /// The bank has answered, and what it said is on its way into the database.
    Unsettled(Call),
    /// The last one is committed; whoever asked has not heard of it.
    Unheard,
}

/// Who is the first to go on after the restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Whoever asked before.
    Repeat,
    /// The shop itself.
    Sweep,
}

use At::{Asked, Done};
use Call::{GiveBack, SetAside, Take};
use Cut::{Uncommitted, Unheard, Unsettled};
use Then::{Repeat, Sweep};

type Arrow = (Step, Cut, Then);

struct Scene {
    shop: TestShop,
    bank: Bank,
    admin: Client,
    teapot: Variant,
}

impl Scene {
    async fn open(settings: &[(&'static str, &str)]) -> Self {
        let bank = Bank::open();
        let mut all = vec![
            ("RIALTO_PAYMENT_PROVIDER", "stripe"),
            ("STRIPE_API_KEY", "sk_test_12345"),
            ("RIALTO_STRIPE_WEBHOOK_SECRETS", "whsec_k7Zp0QmXv3TnB9sRdY5wLhC2fJgE8uAa"),
            ("RIALTO_STRIPE_URL", &bank.url),
            ("RIALTO_COURIER", "manual"),
        ];
        all.extend(settings);
        let shop = TestShop::with(&all).await;
        let (admin, teapot) = (shop.admin().await, shop.variant("teapot").await);
        Scene { shop, bank, admin, teapot }
    }

    /// Takes the step, and cuts the power in the middle of it; what was heard of it by then.
    async fn cut(&mut self, begun: &Begun, cut: Cut) -> Option<Answer> {
        let mut lock = None;
        match cut {
            Cut::Uncommitted => lock = Some(self.shop.lock()),
            Cut::Bank(call, at) => self.bank.stop(call, at),
            Cut::Unsettled(call) => self.bank.stop(call, At::Done),
            Cut::Unheard => {}
        }
        join(begun.ask(), self.power_cut(begun, cut, lock)).await.0
    }

    async fn power_cut(&mut self, begun: &Begun, cut: Cut, mut lock: Option<Lock>) {
        match cut {
            Cut::Uncommitted => {}
            Cut::Bank(..) => self.bank.reached().await,
            Cut::Unsettled(_) => {
                self.bank.reached().await;
                lock = Some(self.shop.lock());
                self.bank.go_on();
            }
            Cut::Unheard => begun.is_done(&self.shop).await,
        }
        if let Some(lock) = &mut lock {
            self.shop.waits_for(lock).await;
        }
        self.shop.kill();
        self.bank.hang_up();
    }

    /// What the database has of the step is as much as was committed before the cut.
    fn is_left(&self, begun: &Begun, cut: Cut) {
        let (is_begun, is_done) = match cut {
            Cut::Uncommitted => (false, false),
            Cut::Bank(..) | Cut::Unsettled(_) => (true, false),
            Cut::Unheard => (true, true),
        };
        let said = (begun.is_noted(&self.shop), begun.has_come(&self.shop));
        assert_eq!(said, (is_begun, is_done));
        self.shop.audit();
    }

    /// The step has come to its end, once.
    async fn is_whole(&self, begun: &Begun) {
        let order = begun.order().await;
        let (status, payment) = begun.step.comes_to();
        let stands =
            (order["status"].as_str().unwrap(), order["payment"]["status"].as_str().unwrap());
        assert_eq!(stands, (status, payment), "{order}");
        let timeline = begun.buyer.timeline(&order).await;
        assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
        // Each refund is one of its own.
        let told =
            timeline.iter().map(|it| (it["type"].as_str(), it["data"]["refund_id"].as_str()));
        let mut told: Vec<_> = told.collect();
        let all = told.len();
        told.sort();
        told.dedup();
        assert_eq!(told.len(), all, "twice among {told:?}");
        let amount = |it: &Value| it["amount"].as_i64().unwrap();
        let given_back = amount(&order["payment"]["refunded"]);
        let taken = match payment {
            "captured" | "partially_refunded" | "refunded" => (1, amount(&order["total"])),
            _ => (0, 0),
        };
        let account = Account { taken, given_back, open: 0 };
        assert_eq!(self.bank.account(&order), account, "{order}");
        let refunds = order["refunds"].as_array().unwrap();
        assert!(refunds.iter().all(|it| it["status"] == "done"), "{order}");
        assert_eq!(refunds.iter().map(|it| amount(&it["amount"])).sum::<i64>(), given_back);
        self.shop.audit();
    }
}

/// Cuts the power at each of `arrows`, and looks at what has come of it.
async fn walk(settings: &[(&'static str, &str)], arrows: &[Arrow]) {
    let mut scene = Scene::open(settings).await;
    for (step, cut, then) in arrows {
        eprintln!("{step:?}, {cut:?}, {then:?}"); // It is shown where the test fails.
        let begun = Begun::new(*step, &scene).await;
        let heard = scene.cut(&begun, *cut).await;
        scene.is_left(&begun, *cut);
        scene.shop.start_again().await;
        if *then == Sweep {
            scene.shop.settle().await;
        }
        begun.repeat(*cut, heard).await;
        begun.is_done(&scene.shop).await;
        scene.shop.settle().await;
        scene.is_whole(&begun).await;
    }
}

#[actix_rt::test]
async fn a_checkout_is_not_there_or_is_answered_again() {
    walk(&[], &[(Step::Place, Uncommitted, Repeat), (Step::Place, Unheard, Repeat)]).await;
}

#[actix_rt::test]
async fn a_payment_is_taken_once_wherever_the_power_goes() {
    let arrows = [
        (Step::Pay, Uncommitted, Repeat),
        (Step::Pay, Cut::Bank(SetAside, Asked), Repeat),
        (Step::Pay, Cut::Bank(SetAside, Asked), Sweep),
        (Step::Pay, Cut::Bank(SetAside, Done), Repeat),
        (Step::Pay, Cut::Bank(SetAside, Done), Sweep),
        (Step::Pay, Cut::Bank(Take, Asked), Sweep),
        (Step::Pay, Cut::Bank(Take, Done), Repeat),
        (Step::Pay, Cut::Bank(Take, Done), Sweep),
        (Step::Pay, Unsettled(Take), Repeat),
        (Step::Pay, Unsettled(Take), Sweep),
        (Step::Pay, Unheard, Repeat),
    ];
    walk(&[], &arrows).await;
}

#[actix_rt::test]
async fn an_order_that_is_called_off_stays_or_is_paid_back_once() {
    let arrows = [
        (Step::CallOff, Uncommitted, Repeat),
        (Step::CallOff, Unheard, Repeat),
        (Step::CallOffPaid, Uncommitted, Repeat),
        (Step::CallOffPaid, Cut::Bank(GiveBack, Asked), Repeat),
        (Step::CallOffPaid, Cut::Bank(GiveBack, Done), Sweep),
        (Step::CallOffPaid, Unsettled(GiveBack), Sweep),
        (Step::CallOffPaid, Unheard, Repeat),
    ];
    walk(&[], &arrows).await;
}

#[actix_rt::test]
async fn an_order_whose_time_is_over_expires_after_the_restart_or_has_expired() {
    let ttl = [("RIALTO_PAYMENT_TTL", "2s")];
    walk(&ttl, &[(Step::Expire, Uncommitted, Sweep), (Step::Expire, Unheard, Sweep)]).await;
}

#[actix_rt::test]
async fn a_refund_is_given_back_once_wherever_the_power_goes() {
    let arrows = [
        (Step::Refund, Uncommitted, Repeat),
        (Step::Refund, Cut::Bank(GiveBack, Asked), Repeat),
        (Step::Refund, Cut::Bank(GiveBack, Asked), Sweep),
        (Step::Refund, Cut::Bank(GiveBack, Done), Repeat),
        (Step::Refund, Cut::Bank(GiveBack, Done), Sweep),
        (Step::Refund, Unsettled(GiveBack), Repeat),
        (Step::Refund, Unsettled(GiveBack), Sweep),
        (Step::Refund, Unheard, Repeat),
    ];
    walk(&[], &arrows).await;
}

#[actix_rt::test]
async fn a_return_is_asked_for_taken_in_and_paid_back_once() {
    let arrows = [
        (Step::AskReturn, Uncommitted, Repeat),
        (Step::AskReturn, Unheard, Repeat),
        (Step::TakeIn, Uncommitted, Repeat),
        (Step::TakeIn, Cut::Bank(GiveBack, Asked), Sweep),
        (Step::TakeIn, Cut::Bank(GiveBack, Done), Repeat),
        (Step::TakeIn, Unsettled(GiveBack), Sweep),
        (Step::TakeIn, Unheard, Repeat),
    ];
    walk(&[], &arrows).await;
}

//! Orders: what one holds, and the states it may pass through.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub mod change;
pub mod deliver;
pub mod find;
pub mod pay;
pub mod place;
pub mod refund;
pub mod returns;

use self::{refund::Refund, returns::Return};
use super::{
    Error,
    address::Address,
    cart::{Buyer, Quantity},
    delivery::{Delivery, Method},
    error::Refusal,
    id::{LineId, OrderId, ProductId, VariantId},
    money::Money,
    payment::{self, Payment},
    promotion::Applied,
    settings::Language,
    words::words,
};

words! {
    /// How far an order has come, whatever was given back of what was paid for it.
    Stage {
        PendingPayment = "pending_payment",
        Paid = "paid",
        Processing = "processing",
        Shipped = "shipped",
        Delivered = "delivered",
        Cancelled = "cancelled",
        Returned = "returned",
    }
}

words! {
    /// The state of an order, as it is shown: made of its stage and its payment.
    #[schema(as = OrderStatus)]
    Status {
        PendingPayment = "pending_payment",
        Paid = "paid",
        Processing = "processing",
        Shipped = "shipped",
        Delivered = "delivered",
        Cancelled = "cancelled",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
        Returned = "returned",
    }
}

/// What can happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Pay,
    Process,
    Ship,
    Deliver,
    Cancel,
    Expire,
    /// It has left, and its parcels have failed or come back.
    GiveUp,
    /// All that was bought has come back.
    Return,
}

impl Stage {
    /// The stage after `step`. This match is the whole life of an order; nothing else sets one.
    pub fn after(self, step: Step) -> Result<Stage, Error> {
        match (self, step) {
            (Stage::PendingPayment, Step::Pay) => Ok(Stage::Paid),
            (Stage::PendingPayment, Step::Expire) => Ok(Stage::Cancelled),
            (Stage::Paid, Step::Process) => Ok(Stage::Processing),
            (Stage::Processing, Step::Ship) => Ok(Stage::Shipped),
            (Stage::Shipped, Step::Deliver) => Ok(Stage::Delivered),
            (Stage::Shipped, Step::GiveUp) => Ok(Stage::Cancelled),
            (Stage::Delivered, Step::Return) => Ok(Stage::Returned),
            (Stage::PendingPayment | Stage::Paid | Stage::Processing, Step::Cancel) => {
                Ok(Stage::Cancelled)
            }
            (stage, step) => Err(Refusal::transition("order", stage, step.verb()).into()),
        }
    }
}

impl Status {
    /// What is shown of an order at `stage` whose payment stands like that. An order that goes on
    /// after a part was given back shows that until its end; its deliveries show how far it is.
    pub fn of(stage: Stage, payment: payment::Status) -> Status {
        match (stage, payment) {
            (Stage::PendingPayment, _) => Status::PendingPayment,
            (Stage::Cancelled, _) => Status::Cancelled,
            (Stage::Returned, _) => Status::Returned,
            (_, payment::Status::Refunded) => Status::Refunded,
            (_, payment::Status::PartiallyRefunded) => Status::PartiallyRefunded,
            (Stage::Paid, _) => Status::Paid,
            (Stage::Processing, _) => Status::Processing,
            (Stage::Shipped, _) => Status::Shipped,
            (Stage::Delivered, _) => Status::Delivered,
        }
    }
}

impl Step {
    pub const ALL: [Step; 8] = [
        Step::Pay,
        Step::Process,
        Step::Ship,
        Step::Deliver,
        Step::Cancel,
        Step::Expire,
        Step::GiveUp,
        Step::Return,
    ];

    fn verb(self) -> &'static str {
        match self {
            Step::Pay => "be paid",
            Step::Process => "be processed",
            Step::Ship => "be shipped",
            Step::Deliver => "be delivered",
            Step::Cancel => "be cancelled",
            Step::Expire => "expire",
            Step::GiveUp => "be given up",
            Step::Return => "be returned",
        }
    }
}

/// What was bought of one variant, as it was when it was bought.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = OrderLine)]
pub struct Line {
    pub id: LineId,
    pub variant_id: VariantId,
    pub product_id: ProductId,
    pub name: String,
    pub sku: String,
    pub options: BTreeMap<String, String>,
    pub quantity: Quantity,
    pub unit_price: Money,
    /// Unit price times quantity, before discounts.
    pub line_total: Money,
    /// What promotions took off the line.
    pub discount: Money,
    /// The tax that came on top of the line, and what its price held of tax.
    pub tax: Money,
    pub tax_included: Money,
    /// Units whose price was given back, and units that were sent back.
    pub refunded: i64,
    pub returned: i64,
    /// Units that have left, in whatever parcel.
    pub shipped: i64,
}

/// An order with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Order {
    pub id: OrderId,
    /// For people: it can be read out and tells nothing of how many there are.
    pub number: String,
    pub status: Status,
    #[serde(skip)]
    pub stage: Stage,
    /// One more with each change.
    pub version: i64,
    pub items: Vec<Line>,
    pub subtotal: Money,
    pub discount: Money,
    /// What came on top of the prices; what they held of tax is `tax_included`.
    pub tax: Money,
    pub tax_included: Money,
    pub delivery_price: Money,
    pub total: Money,
    pub promotions: Vec<Applied>,
    pub address: Address,
    pub delivery_method: Method,
    /// How long delivery was said to take, in days: at least and at most.
    #[serde(skip)]
    pub days: (i64, i64),
    pub payment: Payment,
    pub refunds: Vec<Refund>,
    pub returns: Vec<Return>,
    pub deliveries: Vec<Delivery>,
    /// When it is cancelled if it is not paid.
    pub expires_at: DateTime<Utc>,
    pub placed_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub buyer: Buyer,
    /// The version of the buyer's cart that it was made from.
    #[serde(skip)]
    pub cart_version: i64,
    /// Where a guest is written to; a user's address is the account's.
    #[serde(skip)]
    pub email: Option<String>,
    /// What the buyer read when it was placed, if that is known.
    #[serde(skip)]
    pub language: Option<Language>,
    /// The sequence of its last event.
    #[serde(skip)]
    pub sequence: i64,
}

impl Order {
    pub fn line(&self, id: LineId) -> Option<&Line> {
        self.items.iter().find(|it| it.id == id)
    }

    /// Whether it was called off, or expired.
    pub fn is_off(&self) -> bool {
        match self.stage {
            Stage::Cancelled => true,
            Stage::PendingPayment
            | Stage::Paid
            | Stage::Processing
            | Stage::Shipped
            | Stage::Delivered
            | Stage::Returned => false,
        }
    }
}

/// Ten letters and digits of the random end of an id, in Crockford's base 32: 50 bits.
pub fn number(id: OrderId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let (_, low) = id.uuid().as_u64_pair();
    let letter = |at: u32| {
        let index = usize::try_from((low >> (at * 5)) & 31).unwrap_or(0);
        char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
    };
    let letters = |range: std::ops::Range<u32>| range.map(letter).collect::<String>();
    format!("R-{}-{}", letters(0..5), letters(5..10))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every step that is allowed, from where and to where: all other pairs are refused.
    const ALLOWED: [(Stage, Step, Stage); 10] = [
        (Stage::PendingPayment, Step::Pay, Stage::Paid),
        (Stage::PendingPayment, Step::Cancel, Stage::Cancelled),
        (Stage::PendingPayment, Step::Expire, Stage::Cancelled),
        (Stage::Paid, Step::Process, Stage::Processing),
        (Stage::Paid, Step::Cancel, Stage::Cancelled),
        (Stage::Processing, Step::Ship, Stage::Shipped),
        (Stage::Processing, Step::Cancel, Stage::Cancelled),
        (Stage::Shipped, Step::Deliver, Stage::Delivered),
        (Stage::Shipped, Step::GiveUp, Stage::Cancelled),
        (Stage::Delivered, Step::Return, Stage::Returned),
    ];

    #[test]
    fn each_pair_of_a_stage_and_a_step_is_allowed_or_names_the_stage() {
        for stage in Stage::ALL.iter().copied() {
            for step in Step::ALL {
                let allowed = ALLOWED.iter().find(|(from, by, _)| (*from, *by) == (stage, step));
                match (stage.after(step), allowed) {
                    (Ok(after), Some((_, _, to))) => assert_eq!(after, *to, "{stage} {step:?}"),
                    (Err(Error::Conflict(refusal)), None) => {
                        assert_eq!(refusal.code, "invalid_transition");
                        assert_eq!(refusal.details["state"], stage.as_str());
                    }
                    (after, _) => panic!("{stage} {step:?}: {after:?}"),
                }
            }
        }
    }

    #[test]
    fn what_is_shown_follows_the_money_until_the_order_has_ended() {
        use payment::Status::{Captured, PartiallyRefunded, Refunded};
        let shown = |payment| {
            let paid = [Stage::Paid, Stage::Processing, Stage::Shipped, Stage::Delivered];
            paid.map(|stage| Status::of(stage, payment))
        };
        let plain = [Status::Paid, Status::Processing, Status::Shipped, Status::Delivered];
        assert_eq!(shown(Captured), plain);
        assert_eq!(shown(PartiallyRefunded), [Status::PartiallyRefunded; 4]);
        assert_eq!(shown(Refunded), [Status::Refunded; 4]);
        for payment in [Captured, PartiallyRefunded, Refunded] {
            assert_eq!(Status::of(Stage::Cancelled, payment), Status::Cancelled);
            assert_eq!(Status::of(Stage::Returned, payment), Status::Returned);
        }
    }

    #[test]
    fn two_orders_of_the_same_moment_have_numbers_far_apart() {
        let (one, two) = (number(OrderId::new()), number(OrderId::new()));
        assert_ne!(one, two);
        assert_eq!((one.len(), one.starts_with("R-")), (13, true));
    }
}

//! What can be asked of the shop, and how it is asked: what an edge does for it.

use super::{node::Node, shop::Shop, shopper::Heard};
use crate::{
    actors::{
        cart, inventory,
        order::{
            deliver::{Process, Say, Ship},
            refund::AskRefund,
            returns::{AskReturn, CallOff, Receive},
        },
        payment::{
            Abandon, CancelOrder, Confirm,
            refund::{GiveBack, TakeIn},
        },
    },
    app::start::Selling,
    domain::{
        Error,
        account::Email,
        address::Address,
        cart::{Buyer, Quantity, change::Edit},
        catalogue::stock::{ChangeStock, StockChange},
        delivery::{Method, Status},
        id::{CartId, DeliveryId, ItemId, OrderId, PaymentId, ReturnId},
        idempotency::Claim,
        money::Money,
        order::{
            deliver::{Report, pack::Shipment},
            refund::{Units, What},
            returns::Received,
        },
        promotion::Code,
    },
};

/// What somebody asks of the shop. It can be sent again as it is, to any node.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    Add {
        variant: usize,
        units: i64,
    },
    Clear,
    Hold,
    Release,
    PutCode(&'static str),
    /// A user takes over what is in a guest's cart.
    Merge {
        from: CartId,
    },
    CheckOut {
        key: Key,
        expected: Option<Money>,
    },
    Confirm {
        key: Key,
        order: OrderId,
        token: &'static str,
    },
    Abandon {
        order: OrderId,
    },
    /// By the buyer, or an admin.
    Cancel {
        order: OrderId,
    },
    /// An admin gives money back.
    Refund {
        key: Key,
        order: OrderId,
        what: What,
    },
    /// The buyer wants to send units of the first line back.
    Return {
        key: Key,
        order: OrderId,
        items: Vec<Units>,
    },
    /// They have arrived, as far as an admin says.
    TakeIn {
        order: OrderId,
        id: ReturnId,
        items: Vec<Received>,
    },
    /// An admin is faster than the courier.
    Process {
        order: OrderId,
    },
    /// All of it, or a parcel of these units.
    Ship {
        key: Key,
        order: OrderId,
        items: Option<Vec<Units>>,
    },
    /// The parcel will not leave, or does not arrive.
    Fail {
        order: OrderId,
        delivery: DeliveryId,
    },
    /// An admin calls off what will not arrive.
    CallOff {
        order: OrderId,
    },
    /// By an admin; the reason tells each from the others.
    Restock {
        variant: usize,
        units: i64,
        reason: String,
    },
}

/// An idempotency key; a `twist` makes another body under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub name: String,
    pub twist: bool,
}

impl Request {
    pub fn key(&self) -> Option<&Key> {
        match self {
            Request::CheckOut { key, .. }
            | Request::Confirm { key, .. }
            | Request::Refund { key, .. }
            | Request::Return { key, .. }
            | Request::Ship { key, .. } => Some(key),
            Request::Add { .. }
            | Request::Clear
            | Request::Hold
            | Request::Release
            | Request::PutCode(_)
            | Request::Merge { .. }
            | Request::Abandon { .. }
            | Request::Cancel { .. }
            | Request::TakeIn { .. }
            | Request::Process { .. }
            | Request::Fail { .. }
            | Request::CallOff { .. }
            | Request::Restock { .. } => None,
        }
    }

    /// The same key, with another body.
    pub fn twisted(&self) -> Self {
        let mut other = self.clone();
        if let Request::CheckOut { key, .. }
        | Request::Confirm { key, .. }
        | Request::Refund { key, .. }
        | Request::Return { key, .. }
        | Request::Ship { key, .. } = &mut other
        {
            key.twist = !key.twist;
        }
        other
    }

    /// As the edge makes it.
    pub fn claim(&self) -> Option<Claim> {
        let key = self.key()?;
        Some(Claim { key: key.name.clone(), request: format!("{self:?}") })
    }

    /// For the trace: without ids, which are others in each run.
    pub fn name(&self) -> String {
        match self {
            Request::Add { variant, units } => format!("add {units} of {variant}"),
            Request::Clear => "clear".to_owned(),
            Request::Hold => "hold".to_owned(),
            Request::Release => "release".to_owned(),
            Request::PutCode(code) => format!("put {code} in"),
            Request::Merge { .. } => "merge".to_owned(),
            Request::CheckOut { key, expected } => {
                let sum = expected.map_or(String::new(), |it| format!(" for {}", it.amount));
                format!("check out {}{sum}", key.text())
            }
            Request::Confirm { key, token, .. } => format!("confirm {} {token}", key.text()),
            Request::Abandon { .. } => "abandon".to_owned(),
            Request::Cancel { .. } => "cancel".to_owned(),
            Request::Refund { key, what, .. } => match what {
                What::Amount(amount) => format!("refund {} of {}", amount.amount, key.text()),
                What::Items(_) => format!("refund a unit by {}", key.text()),
                What::Rest => format!("refund the rest by {}", key.text()),
            },
            Request::Return { key, .. } => format!("return by {}", key.text()),
            Request::TakeIn { items, .. } => format!("take {} lines in", items.len()),
            Request::Process { .. } => "process".to_owned(),
            Request::Ship { key, items, .. } => match items {
                Some(items) => format!("ship {} lines by {}", items.len(), key.text()),
                None => format!("ship by {}", key.text()),
            },
            Request::Fail { .. } => "say that a parcel has failed".to_owned(),
            Request::CallOff { .. } => "call off what will not arrive".to_owned(),
            Request::Restock { variant, units, .. } => format!("restock {variant} by {units}"),
        }
    }
}

impl Key {
    fn text(&self) -> String {
        format!("{}{}", self.name, if self.twist { "'" } else { "" })
    }
}

type Asked = futures_util::future::LocalBoxFuture<'static, Result<Heard, Error>>;

/// What the edge does for a request: the message, to the directory that it is for.
pub fn ask(shop: &Shop, who: usize, request: &Request, node: &Node) -> Asked {
    let (selling, inventory) = (node.selling.clone(), node.inventory.clone());
    let buyer = shop.buyers[who];
    let (cart, claim) = (buyer.cart(), request.claim());
    let edit = |edit| cart::Edit { edit, show: true };
    let carts = selling.carts.clone();
    let of_cart = move |edit| -> Asked {
        Box::pin(async move {
            let edited: cart::Edited = carts.ask(cart, edit).await?;
            Ok(Heard::Cart(edited.version))
        })
    };
    match request.clone() {
        Request::Add { variant, units } => {
            let quantity = Quantity::try_from(units).unwrap();
            let (item, variant) = (ItemId::new(), shop.variants[variant]);
            of_cart(edit(Edit::Add { item, variant, quantity }))
        }
        Request::Clear => of_cart(edit(Edit::Clear)),
        Request::Hold => of_cart(edit(Edit::Hold)),
        Request::Release => of_cart(edit(Edit::Release)),
        Request::PutCode(code) => of_cart(edit(Edit::PutCode(Code::parse(code).unwrap()))),
        Request::Merge { from } => Box::pin(async move {
            selling.carts.ask(cart, cart::Merge { from }).await?;
            Ok(Heard::Done)
        }),
        Request::CheckOut { expected, .. } => {
            let check_out = check_out(buyer, expected, claim.unwrap());
            Box::pin(
                async move { Ok(Heard::Kept(selling.carts.ask(cart, check_out).await?.answer)) },
            )
        }
        Request::Restock { variant, units, reason } => {
            let variant = shop.variants[variant];
            let change = StockChange::Adjust(units);
            let change = inventory::Change(ChangeStock { variant, change, reason });
            let shard = inventory::Shard::of(variant);
            Box::pin(async move {
                inventory.ask(shard, change).await?;
                Ok(Heard::Done)
            })
        }
        of_order => ask_order(of_order, claim, selling),
    }
}

/// The same of what is asked about an order.
fn ask_order(request: Request, claim: Option<Claim>, selling: Selling) -> Asked {
    Box::pin(async move {
        let reason = "of the simulation".to_owned();
        let order = match request {
            Request::Confirm { order, token, .. } => {
                let confirm = Confirm { token: token.to_owned(), claim: claim.unwrap() };
                let id = PaymentId::of(order);
                return Ok(Heard::Kept(selling.payments.ask(id, confirm).await?));
            }
            Request::Refund { order, what, .. } => {
                let give_back = GiveBack(AskRefund { what, reason, claim: claim.unwrap() });
                let id = PaymentId::of(order);
                return Ok(Heard::Kept(selling.payments.ask(id, give_back).await?));
            }
            Request::Return { order, items, .. } => {
                let send_back = AskReturn { items, reason, claim };
                return Ok(Heard::Kept(selling.orders.ask(order, send_back).await?));
            }
            Request::Abandon { order } => {
                selling.payments.ask(PaymentId::of(order), Abandon).await?;
                return Ok(Heard::Done);
            }
            Request::Cancel { order } => {
                let cancel = CancelOrder { reason: Some(reason) };
                selling.payments.ask(PaymentId::of(order), cancel).await?
            }
            Request::TakeIn { order, id, items } => {
                let take_in = TakeIn(Receive { id, items });
                selling.payments.ask(PaymentId::of(order), take_in).await?
            }
            Request::Process { order } => selling.orders.ask(order, Process).await?,
            Request::Ship { order, items, .. } => {
                let (carrier, tracking_number) = (Some("A van".to_owned()), None);
                let shipment = Shipment { items, carrier, tracking_number };
                return Ok(Heard::Kept(selling.orders.ask(order, Ship { shipment, claim }).await?));
            }
            Request::Fail { order, delivery } => {
                let (status, eta, note, location) = (Status::Failed, None, None, None);
                let report = Report { status, eta, note, location };
                selling.orders.ask(order, Say { delivery, report }).await?
            }
            Request::CallOff { order } => {
                let call_off = CallOff { reason, restock: None };
                selling.payments.ask(PaymentId::of(order), call_off).await?
            }
            Request::Add { .. }
            | Request::Clear
            | Request::Hold
            | Request::Release
            | Request::PutCode(_)
            | Request::Merge { .. }
            | Request::CheckOut { .. }
            | Request::Restock { .. } => unreachable!("that is of no order"),
        };
        Ok(Heard::Order(Box::new(order)))
    })
}

fn check_out(buyer: Buyer, expected_total: Option<Money>, claim: Claim) -> cart::Checkout {
    let (email, customer) = match buyer {
        Buyer::User(user) => (None, format!("user:{user}")),
        Buyer::Guest(cart) => {
            let email = Email::parse(&format!("{cart}@example.com")).unwrap();
            (Some(email), format!("cart:{cart}"))
        }
    };
    let address = Address {
        name: "Ada Lovelace".into(),
        line1: "1 St James Square".into(),
        line2: None,
        city: "Berlin".into(),
        region: None,
        postal_code: "10115".into(),
        country: "DE".into(),
        phone: None,
    };
    let method = Method::Standard;
    let language = None;
    cart::Checkout { buyer, email, language, customer, address, method, expected_total, claim }
}

//! Payment providers: the seam between the shop and whoever moves its money.

use std::{fmt::Debug, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::LocalBoxFuture;

use crate::domain::{
    id::{OrderId, PaymentId, RefundId},
    money::Money,
    payment::ProviderName,
};

pub mod emulator;
pub mod signature;
pub mod stripe;

/// How long the provider may take for one answer; after it the answer is unknown. Two of them
/// fit into the time that a client waits for its confirmation.
pub const ANSWER_MAX: Duration = Duration::from_secs(2);

/// What is charged, under the key that makes a repeat the same charge.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The same for each repeat; another one is another charge.
    pub key: String,
    pub payment: PaymentId,
    pub order: OrderId,
    /// What stands for the card; empty once the charge is settled.
    pub token: String,
    pub amount: Money,
    /// The provider's own name for the charge, once it has told it.
    pub reference: Option<String>,
    /// How long the order can still be paid; below zero where it has expired.
    pub open_for: TimeDelta,
}

/// How a charge stands at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The provider has not decided yet.
    Pending { reference: Option<String> },
    /// The money is set aside.
    Authorized { reference: String },
    /// The money is ours.
    Captured { reference: String },
    /// The money was set aside and let go again.
    Voided { reference: String },
    /// Nothing was taken, and nothing will be.
    Declined { code: String },
}

/// What came of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenBack {
    /// The buyer has it, or will without anybody doing more for it.
    Done,
    /// The provider has yet to decide: it is to be asked again.
    Pending,
    /// The provider will not give it back as things stand: people have to look.
    Refused { code: String },
    /// It will never be given back, however often it is asked for.
    Failed { code: String },
}

/// No answer came: whether the request was carried out is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payment provider did not answer")]
pub struct NoAnswer;

pub type Reply<'a, T> = LocalBoxFuture<'a, Result<T, NoAnswer>>;

/// A message that claims to be of the provider's, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The value of [`Provider::signature_header`].
    pub signature: &'a str,
    pub body: &'a [u8],
    pub now: DateTime<Utc>,
}

/// What a message is about. It says that something has happened, not what: that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub payment: PaymentId,
    /// The key of the charge, and the provider's own name for it, where it told both.
    pub charge: Option<(String, String)>,
}

/// The message is not the provider's, or is too old.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not the provider's, or the message is too old")]
pub struct Unsigned;

/// Somebody who moves money. Each request can be repeated: the key of the charge, or the id of the
/// refund, makes it the same one. What a request asks for may have been done, or have become
/// impossible: then the answer is how things stand.
pub trait Provider: Debug + Send + Sync {
    fn name(&self) -> ProviderName;

    /// Whether this can be a token of the provider's; asked before anything is begun.
    fn accepts(&self, token: &str) -> bool;

    /// Sets the money aside.
    fn authorize<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State>;

    /// Takes `amount` of the money that was set aside; what is left of it is let go.
    fn capture<'a>(&'a self, charge: &'a Charge, amount: Money) -> Reply<'a, State>;

    /// Lets the money go that was set aside.
    fn void<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State>;

    /// Gives back `amount` of what was taken.
    fn refund<'a>(
        &'a self,
        charge: &'a Charge,
        refund: RefundId,
        amount: Money,
    ) -> Reply<'a, GivenBack>;

    /// How the charge stands. Where it may never have reached the provider it is made now: to find
    /// that out is to repeat it.
    fn look_up<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State>;

    /// The header that its messages are signed in.
    fn signature_header(&self) -> &'static str;

    /// What a message is about; none where it concerns no payment of this shop.
    fn hear(&self, message: Message<'_>) -> Result<Option<Hint>, Unsigned>;
}

/// The providers that are set up, of which new payments take one. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Providers {
    all: Arc<[Box<dyn Provider>]>,
    first: ProviderName,
}

impl Providers {
    /// `first` is for new payments; `others` for those that are theirs already.
    pub fn new(first: Box<dyn Provider>, others: Vec<Box<dyn Provider>>) -> Self {
        let name = first.name();
        Providers { all: std::iter::once(first).chain(others).collect(), first: name }
    }

    /// Whose new payments are.
    pub fn first(&self) -> ProviderName {
        self.first
    }

    /// The provider of this name, if it is set up.
    pub fn get(&self, name: ProviderName) -> Option<&dyn Provider> {
        self.all.iter().find(|it| it.name() == name).map(|it| &**it)
    }
}

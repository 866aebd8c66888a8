//! Every change that can be made to the store, as one list.
//!
//! A command is data. Those of the hot path are decided for a whole batch at once (`batch`);
//! each of the others (`each`) runs in a savepoint of its own within the shared transaction. Some need
//! none (`bare`): what they refuse, they refuse before they have written anything.

use tokio::sync::oneshot;

use super::writer::Waiting;
use crate::domain::{
    Error, account, address, alert,
    audit::{Audited, Origin, index, reading},
    cart, catalogue, courier, dispatch,
    id::{DeliveryId, MailId, UserId},
    idempotency, image, link, mail, notification,
    order::{change, place},
    presence,
    promotion::change as promotions,
    push,
    review::change as reviews,
    session, settings, tariff, webhook,
};

/// Hands the list to `$with`: the lane's name, how it runs, its function in `store/`, the
/// command, and what comes of it.
macro_rules! with_commands {
    ($with:ident) => {
        $with! {
            register: each account::register(account::Register) -> account::User;
            change_profile: each account::change_profile(account::change::ChangeProfile) -> account::User;
            change_password: each account::change_password(account::change::ChangePassword) -> account::change::Ended;
            reset_password: each account::reset_password(account::change::ResetPassword) -> account::change::Ended;
            resend_confirmation: each account::resend_confirmation(account::change::ResendConfirmation) -> bool;
            ask_email: each account::ask_email(account::change::AskEmail) -> ();
            confirm_email: each account::confirm_email(account::change::ConfirmEmail) -> account::change::Confirmed;
            delete_account: each account::delete(account::change::DeleteAccount) -> account::change::Ended;
            manage_account: each account::manage(account::manage::Manage) -> account::manage::Managed;
            ask_reset: each link::ask(link::Ask) -> ();
            send_reset: each link::send(link::Send) -> Option<UserId>;
            prune_links: each link::prune(link::Prune) -> i64;
            log_in: each session::log_in(session::LogIn) -> session::LoggedIn;
            end_sessions: each session::end_some(session::EndSessions) -> account::change::Ended;
            prune_sessions: each session::prune(session::Prune) -> i64;
            refresh: each session::refresh(session::Refresh) -> session::Refreshed;
            revoke: each session::revoke(session::Revoke) -> bool;
            change_settings: each settings::change_settings(settings::ChangeSettings) -> settings::Changed;
            save_address: each address::save(address::Save) -> address::Saved;
            change_address: each address::change(address::Change) -> address::Saved;
            delete_address: each address::delete(address::Delete) -> ();
            read_notification: each notification::mark_read(notification::MarkRead) -> notification::Marked;
            notify: each notification::notify(notification::message::Notify) -> idempotency::Answer;
            tell_news: bare notification::tell_news(notification::order::Tell) -> ();
            read_inbox: each notification::mark_all_read(notification::MarkAllRead) -> notification::Marked;
            ask_alert: each alert::ask(alert::Ask) -> alert::Asked;
            tell_back: each alert::tell_back(alert::Tell) -> ();
            prune_alerts: each alert::prune(alert::Prune) -> i64;
            subscribe: each push::subscribe(push::Subscribe) -> push::Subscribed;
            unsubscribe: each push::unsubscribe(push::Unsubscribe) -> ();
            keep_push_key: each push::keep_key(push::KeepKey) -> String;
            claim_dispatch: each dispatch::claim(dispatch::Claim) -> Option<dispatch::Claimed>;
            settle_dispatch: each dispatch::settle(dispatch::Settle) -> ();
            recover_dispatches: each dispatch::recover(dispatch::Recover) -> ();
            prune_dispatches: each dispatch::prune(dispatch::Prune) -> i64;
            import: each catalogue::import(catalogue::import::Import) -> catalogue::import::Imported;
            keep_image: each image::keep(image::Keep) -> bool;
            keep_image_size: each image::keep_size(image::KeepSize) -> ();
            change_stock: each catalogue::change_stock(catalogue::stock::ChangeStock) -> catalogue::stock::StockChanged;
            change_review: batch review::change(reviews::Change) -> reviews::Changed;
            create_category: each catalogue::create_category(catalogue::category::Create) -> catalogue::category::Changed;
            change_category: each catalogue::change_category(catalogue::category::Change) -> catalogue::category::Changed;
            delete_category: each catalogue::delete_category(catalogue::category::Delete) -> ();
            create_product: each catalogue::create_product(catalogue::edit::Create) -> catalogue::edit::Changed;
            change_product: each catalogue::change_product(catalogue::edit::Change) -> catalogue::edit::Changed;
            discard_product: each catalogue::discard_product(catalogue::edit::Discard) -> ();
            create_promotion: each pricing::create_promotion(promotions::Create) -> promotions::Changed;
            change_promotion: each pricing::change_promotion(promotions::Change) -> promotions::Changed;
            change_tariff: each tariff::change(tariff::Change) -> tariff::Changed;
            save_cart: batch cart::save(cart::change::Save) -> cart::change::Saved;
            merge_carts: batch cart::merge(cart::merge::Merge) -> cart::merge::Merged;
            place: batch order::place(place::Place) -> place::Placed;
            advance: batch order::advance(change::Advance) -> change::Advanced;
            locate: batch courier::locate(courier::Locate) -> Vec<DeliveryId>;
            claim_mail: bare mail::claim(mail::Claim) -> Vec<mail::Claimed>;
            renew_mail: each mail::renew(mail::Renew) -> ();
            hand_over_mail: each mail::hand_over(mail::HandOver) -> ();
            settle_mail: bare mail::settle(mail::Settle) -> ();
            recover_mails: each mail::recover(mail::Recover) -> Vec<MailId>;
            prune_mails: each mail::prune(mail::Prune) -> i64;
            create_webhook: each webhook::create(webhook::Create) -> webhook::Changed;
            change_webhook: each webhook::change(webhook::Change) -> webhook::Changed;
            rotate_webhook: each webhook::rotate(webhook::Rotate) -> webhook::Changed;
            delete_webhook: each webhook::delete(webhook::Delete) -> webhook::Webhook;
            fan_out: each webhook::fan_out(webhook::delivery::FanOut) -> usize;
            claim_delivery: each webhook::claim(webhook::delivery::Claim) -> Option<webhook::delivery::Claimed>;
            settle_delivery: each webhook::settle(webhook::delivery::Settle) -> webhook::delivery::Settled;
            resend_delivery: each webhook::resend(webhook::Resend) -> webhook::delivery::Delivery;
            recover_deliveries: each webhook::recover(webhook::delivery::Recover) -> ();
            prune_deliveries: each webhook::prune(webhook::delivery::Prune) -> i64;
            pin_presence: each presence::pin(presence::Pin) -> ();
            unpin_presence: each presence::unpin(presence::Unpin) -> ();
            keep_answer: each idempotency::keep_one(idempotency::Keep) -> idempotency::Answer;
            read_audit: each audit::read(reading::Read) -> ();
            index_audit: bare audit::index(index::Index) -> ();
            prune_keys: each idempotency::prune(idempotency::Prune) -> i64;
        }
    };
}

/// A change of the store; each says what it leaves in the audit log.
pub trait Command: Audited<Outcome: Send + 'static> + Clone + Send + Sized + 'static {
    /// In which queue it waits, where the store has several.
    #[doc(hidden)]
    const QUEUE: usize;

    #[doc(hidden)]
    fn enqueue(self, origin: Origin, reply: Reply<Self::Outcome>) -> Job;
}

type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// The commands of one kind in a transaction, each with where it comes from.
pub struct Lane<C> {
    pub commands: Vec<C>,
    pub origins: Vec<Origin>,
}

impl<C> Lane<C> {
    fn of(command: C, origin: Origin) -> Self {
        Lane { commands: vec![command], origins: vec![origin] }
    }

    fn push(&mut self, command: C, origin: Origin) {
        self.commands.push(command);
        self.origins.push(origin);
    }

    fn into_pairs(self) -> impl Iterator<Item = (C, Origin)> {
        self.commands.into_iter().zip(self.origins)
    }
}

impl<C> Default for Lane<C> {
    fn default() -> Self {
        Lane { commands: Vec::new(), origins: Vec::new() }
    }
}

/// How many queues there are where the store has several.
pub const QUEUES: usize = 3;

/// The queue of a lane: those of the hot path are apart from all others. What is placed and what changes orders
/// lock the same stock, and in two queues would wait for each other.
macro_rules! queue {
    (save_cart) => {
        1
    };
    (place) => {
        2
    };
    (advance) => {
        2
    };
    ($lane:ident) => {
        0
    };
}

macro_rules! declare {
    ($($lane:ident: $mode:ident $module:ident::$function:ident($command:ty) -> $outcome:ty;)*) => {
        /// A command in the queue, with whoever waits for its outcome.
        #[expect(non_camel_case_types, reason = "a variant is named as its lane")]
        pub enum Job { $($lane(Box<Waiting<$command, $outcome>>),)* }

        #[cfg(test)]
        impl Job {
            /// The name of its lane.
            pub fn lane(&self) -> &'static str {
                match self { $(Job::$lane(_) => stringify!($lane),)* }
            }
        }

        $(impl Command for $command {
            const QUEUE: usize = queue!($lane);

            fn enqueue(self, origin: Origin, reply: Reply<$outcome>) -> Job {
                Job::$lane(Box::new(Waiting { command: self, origin, reply }))
            }
        })*

        /// The commands of one transaction, by kind.
        #[derive(Default)]
        pub struct Lanes { $(pub $lane: Lane<$command>,)* }

        /// What came of them, in the same order.
        #[derive(Default)]
        pub struct Outcomes { $(pub $lane: Vec<Result<$outcome, Error>>,)* }

        /// Who waits for them, in the same order.
        #[derive(Default)]
        pub struct Replies { $($lane: Vec<Reply<$outcome>>,)* }

        impl Lanes {
            pub fn push(&mut self, job: Job, replies: &mut Replies) {
                match job { $(Job::$lane(waiting) => {
                    let Waiting { command, origin, reply } = *waiting;
                    self.$lane.push(command, origin);
                    replies.$lane.push(reply);
                })* }
            }

            /// The commands by kind, each kind with who waits for it.
            pub fn apart(self, replies: Replies) -> Vec<(Lanes, Replies)> {
                let mut all = Vec::new();
                $(if !self.$lane.commands.is_empty() {
                    all.push((
                        Lanes { $lane: self.$lane, ..Lanes::default() },
                        Replies { $lane: replies.$lane, ..Replies::default() },
                    ));
                })*
                all
            }

            pub fn len(&self) -> usize {
                0 $(+ self.$lane.commands.len())*
            }

            /// Each command alone, with who waits for it.
            pub fn singly(self, replies: Replies) -> Vec<(Lanes, Replies)> {
                let mut all = Vec::with_capacity(self.len());
                $(for ((command, origin), reply) in self.$lane.into_pairs().zip(replies.$lane) {
                    all.push((
                        Lanes { $lane: Lane::of(command, origin), ..Lanes::default() },
                        Replies { $lane: vec![reply], ..Replies::default() },
                    ));
                })*
                all
            }
        }

        impl Replies {
            /// Tells each what came of its command; one that is gone is not missed.
            pub fn answer(self, outcomes: Outcomes) {
                $(for (reply, outcome) in self.$lane.into_iter().zip(outcomes.$lane) {
                    reply.send(outcome).ok(); // Nobody waits for it any more.
                })*
            }

            /// Tells all that their transaction failed.
            pub fn refuse(self, err: impl Fn() -> Error) {
                $(for reply in self.$lane {
                    reply.send(Err(err())).ok(); // Nobody waits for it any more.
                })*
            }
        }
    };
}
with_commands!(declare);

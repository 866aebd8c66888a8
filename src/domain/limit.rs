//! How often anybody may try what can be guessed, used up or flooded: the rules as data, and how
//! one counter of a rule goes on.

use std::time::Duration;

use super::words::words;

words! {
    /// What is counted, and of whom; the word stands in the metrics.
    Rule {
        /// Logins of one account, known or not: it is named by the address that was typed.
        LoginAccount = "login_account",
        /// Logins from one network, so that a list of accounts isn't tried either.
        LoginAddress = "login_address",
        /// New accounts from one network.
        Register = "register",
        /// Refresh tokens from one network that renew nothing.
        Refresh = "refresh",
        /// Tokens of mails, to confirm or to reset, from one network.
        Proof = "proof",
        /// Mails to confirm an address that one account asks for.
        Resend = "resend",
        /// Mails for a forgotten password that are asked for from one network.
        ForgotAddress = "forgot_address",
        /// Such mails to one address.
        ForgotAccount = "forgot_account",
        /// The present password of somebody who is signed in.
        Password = "password",
        /// Sessions that one account opens, by the right password.
        Session = "session",
        /// Links to another address that one account asks for.
        EmailChange = "email_change",
        /// The same from one network: it tells whether an address has an account.
        EmailChangeAddress = "email_change_address",
        /// Holds that one cart begins, until it is checked out.
        Hold = "hold",
        /// The same of all carts from one network.
        HoldAddress = "hold_address",
        /// Coupons that one buyer puts in and that don't count.
        Coupon = "coupon",
        /// The same from one network, so that a new cart is no new start.
        CouponAddress = "coupon_address",
        /// Payments of one buyer's orders that come to nothing.
        Confirm = "confirm",
        /// The same from one network: whoever tries stolen cards has many orders.
        ConfirmAddress = "confirm_address",
        /// Orders that one buyer places and has not paid.
        Unpaid = "unpaid",
        /// The same from one network, as a guest is somebody else with each cart.
        UnpaidAddress = "unpaid_address",
        /// Addresses from one network that want to be told when something is in stock.
        AlertAddress = "alert_address",
        /// Whatever changes something, by one user or from one network.
        Write = "write",
    }
}

/// How a rule bounds what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// How many may come without a wait.
    pub free: u32,
    /// What follows them.
    pub then: Then,
    /// When all is forgotten that was counted.
    pub kept: Duration,
}

/// What follows when those that are free are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing more until all is forgotten: `kept` counts from the first on.
    Nothing,
    /// A wait after each one, which doubles: `kept` counts from the last on.
    Wait { first: Duration, longest: Duration },
}

/// What a success does to the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgiven {
    /// It is forgotten: whoever knows the password was the one who forgot it before.
    All,
    /// It was no failure, and no more: else whoever guesses others' would clear it with their own.
    One,
    /// It counts like any other.
    None,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Bound {
    /// So many failures, and then a wait that doubles up to a quarter of an hour.
    const fn guesses(free: u32) -> Self {
        let then = Then::Wait { first: SECOND, longest: Duration::from_secs(15 * 60) };
        Bound { free, then, kept: HOUR }
    }
}

impl Rule {
    /// How much is let through.
    pub const fn bound(self) -> Bound {
        match self {
            // A stranger can do this to anybody's account, so the longest wait is a short one. It
            // still leaves a guesser fewer than 1,500 passwords a day.
            Rule::LoginAccount | Rule::Password => Bound {
                free: 5,
                then: Then::Wait { first: SECOND, longest: MINUTE },
                kept: Duration::from_secs(15 * 60),
            },
            // An office behind one address mistypes more often.
            Rule::LoginAddress => Bound::guesses(20),
            Rule::Proof | Rule::Coupon => Bound::guesses(10),
            Rule::CouponAddress => Bound::guesses(30),
            // Each order can be tried ten times; these are for whoever goes on with another one.
            Rule::Confirm => Bound::guesses(20),
            Rule::ConfirmAddress => Bound::guesses(40),
            // A cart that lets its holds expire, one after the other, comes to stand back at last.
            // Who changes their mind a dozen times does not wait.
            Rule::Hold => {
                Bound { free: 12, then: Then::Wait { first: MINUTE, longest: HOUR }, kept: DAY }
            }
            Rule::HoldAddress => Bound { free: 60, then: Then::Nothing, kept: HOUR },
            // What is not paid within the hour has expired, unless the shop waits longer.
            Rule::Unpaid => Bound { free: 30, then: Then::Nothing, kept: HOUR },
            Rule::UnpaidAddress => Bound { free: 300, then: Then::Nothing, kept: HOUR },
            Rule::Resend => Bound {
                free: 3,
                then: Then::Wait { first: Duration::from_secs(30), longest: HOUR },
                kept: HOUR,
            },
            Rule::Register => Bound { free: 20, then: Then::Nothing, kept: HOUR },
            // A person does it once a day, a test of a program some dozen times.
            Rule::Session => {
                Bound { free: 60, then: Then::Nothing, kept: Duration::from_secs(10 * 60) }
            }
            Rule::EmailChange => Bound { free: 5, then: Then::Nothing, kept: HOUR },
            Rule::EmailChangeAddress => Bound { free: 20, then: Then::Nothing, kept: HOUR },
            Rule::AlertAddress => Bound { free: 30, then: Then::Nothing, kept: HOUR },
            Rule::Refresh => Bound { free: 30, then: Then::Nothing, kept: MINUTE },
            Rule::ForgotAddress => Bound { free: 10, then: Then::Nothing, kept: HOUR },
            Rule::ForgotAccount => Bound { free: 5, then: Then::Nothing, kept: HOUR },
            // Far more than any person does, and most programs. It is counted in another way: what
            // `kept` gives back, it gives back evenly.
            Rule::Write => Bound { free: 300, then: Then::Nothing, kept: Duration::from_secs(3) },
        }
    }

    /// What a success does to what was counted of it before it was one.
    pub const fn forgiven(self) -> Forgiven {
        match self {
            // Of a hold the success is the checkout, and of an order its payment.
            Rule::LoginAccount | Rule::Password | Rule::Hold => Forgiven::All,
            Rule::LoginAddress
            | Rule::Proof
            | Rule::Coupon
            | Rule::CouponAddress
            | Rule::Confirm
            | Rule::ConfirmAddress
            | Rule::Unpaid
            | Rule::UnpaidAddress => Forgiven::One,
            Rule::Register
            | Rule::Refresh
            | Rule::Resend
            | Rule::ForgotAddress
            | Rule::ForgotAccount
            | Rule::Session
            | Rule::EmailChange
            | Rule::EmailChangeAddress
            | Rule::HoldAddress
            | Rule::AlertAddress
            | Rule::Write => Forgiven::None,
        }
    }
}

/// A counter. Times are in milliseconds from a moment that all of them share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub count: u32,
    /// Nothing may come before.
    pub until: u64,
    /// From then on it is as if nothing had been counted.
    pub forgotten_at: u64,
}

impl Tally {
    /// How long whoever comes at `now` has to wait; not at all if it is zero.
    pub fn wait(self, now: u64) -> Duration {
        Duration::from_millis(self.until.saturating_sub(now))
    }

    /// With one more that came at `now`, and hadn't to wait.
    #[must_use]
    pub fn and_one(self, bound: Bound, now: u64) -> Tally {
        let old = if self.forgotten_at <= now { Tally::default() } else { self };
        let (count, kept) = (old.count.saturating_add(1), millis(bound.kept));
        match (bound.then, count.checked_sub(bound.free)) {
            (Then::Nothing, over) => {
                let begun =
                    if old.count == 0 { now } else { old.forgotten_at.saturating_sub(kept) };
                let forgotten_at = begun.saturating_add(kept);
                Tally { count, until: over.map_or(0, |_| forgotten_at), forgotten_at }
            }
            (Then::Wait { first, longest }, over) => {
                let doubled = |over| 1_u64.checked_shl(over).unwrap_or(u64::MAX);
                let wait = |over| millis(first).saturating_mul(doubled(over)).min(millis(longest));
                let until = over.map_or(0, |over| now.saturating_add(wait(over)));
                Tally { count, until, forgotten_at: now.saturating_add(kept) }
            }
        }
    }

    /// Without one that was counted too many.
    #[must_use]
    pub fn less_one(self, bound: Bound) -> Tally {
        let count = self.count.saturating_sub(1);
        Tally { count, until: if count < bound.free { 0 } else { self.until }, ..self }
    }
}

/// As rules and counters have it: in whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waits in seconds after each of as many that come as soon as they may.
    fn waits(rule: Rule, count: usize) -> Vec<u64> {
        let (mut tally, mut now) = (Tally::default(), 1_000);
        (0..count)
            .map(|_| {
                tally = tally.and_one(rule.bound(), now);
                let wait = tally.wait(now);
                now += millis(wait);
                wait.as_secs()
            })
            .collect()
    }

    #[test]
    fn five_wrong_passwords_are_free_and_then_the_wait_doubles_up_to_a_minute() {
        let expected = [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60];
        for rule in [Rule::LoginAccount, Rule::Password] {
            assert_eq!(waits(rule, 12), expected, "{rule}");
        }
    }

    #[test]
    fn an_address_has_twenty_and_then_waits_up_to_a_quarter_of_an_hour() {
        let waits = waits(Rule::LoginAddress, 32);
        assert_eq!(waits[..19], [0; 19]);
        assert_eq!(waits[19..31], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn mails_to_confirm_are_three_an_hour_and_then_ever_rarer() {
        assert_eq!(waits(Rule::Resend, 6), [0, 0, 30, 60, 120, 240]);
    }

    #[test]
    fn a_number_in_an_hour_is_counted_from_the_first() {
        let (bound, hour, began) = (Rule::ForgotAccount.bound(), millis(HOUR), 5_000);
        let fourth = (0..4).fold(Tally::default(), |it, at| it.and_one(bound, began + at));
        let fifth = fourth.and_one(bound, began + 600_000);

        assert!(fourth.wait(began + 600_000).is_zero());
        assert_eq!(fifth.wait(began + 600_000), Duration::from_millis(hour - 600_000));
        assert_eq!(fifth.wait(began + hour - 1), Duration::from_millis(1));
        assert!(fifth.wait(began + hour).is_zero());
        assert_eq!(fifth.and_one(bound, began + hour).count, 1);
    }

    #[test]
    fn failures_are_forgotten_when_none_follow() {
        let (bound, kept) = (Rule::LoginAccount.bound(), millis(Rule::LoginAccount.bound().kept));
        let six = (0..6).fold(Tally::default(), |it, _| it.and_one(bound, 1));

        assert_eq!(six.and_one(bound, kept).count, 7);
        assert_eq!(six.and_one(bound, 1 + kept).count, 1);
    }

    #[test]
    fn what_is_taken_back_opens_again_what_it_had_closed() {
        let bound = Rule::LoginAddress.bound();
        let twenty = (0..20).fold(Tally::default(), |it, _| it.and_one(bound, 1));
        assert!(!twenty.wait(1).is_zero());

        let nineteen = twenty.less_one(bound);

        assert_eq!((nineteen.count, nineteen.wait(1)), (19, Duration::ZERO));
        assert_eq!(Tally::default().less_one(bound).count, 0);
    }

    #[test]
    fn no_wait_is_longer_than_its_rule_keeps_it_however_many_come() {
        for rule in Rule::ALL {
            let bound = rule.bound();
            let tally = Tally { count: u32::MAX - 1, until: 0, forgotten_at: u64::MAX };
            let next = tally.and_one(bound, 1_000);
            assert_eq!(next.count, u32::MAX);
            if let Then::Wait { longest, .. } = bound.then {
                assert_eq!(next.wait(1_000), longest, "{rule}");
                assert!(longest <= bound.kept, "{rule}: it would be forgotten before it ends");
            }
        }
    }
}

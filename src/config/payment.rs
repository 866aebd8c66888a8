//! Settings of payments: where the provider is, and what must be set together.

use url::{Host, Url};

use super::{Config, Environment, Problem, Secret, value::Value};
use crate::domain::payment::ProviderName;

/// Where Stripe's API is: by TLS, or on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeUrl(String);

impl StripeUrl {
    /// Without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for StripeUrl {
    fn wanted() -> String {
        "an address without a path that begins with https://, or with http:// on this machine"
            .to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?; // What is wanted says it better than the error.
        let is_this_machine = match url.host()? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let is_secret = url.scheme() == "https" || (url.scheme() == "http" && is_this_machine);
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_open = url.username().is_empty() && url.password().is_none();
        let text = text.strip_suffix('/').unwrap_or(text);
        (is_secret && is_bare && is_open).then(|| StripeUrl(text.to_owned()))
    }
}

impl Config {
    /// What is missing, or is something else than it should be, for Stripe.
    pub(super) fn unfit_for_stripe(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |name: &str, message: &str| {
            problems.push(Problem { name: name.to_owned(), message: message.to_owned() });
        };
        let is_secret_key = |key: &str| key.starts_with("sk_") || key.starts_with("rk_");
        match &self.stripe_key {
            Some(key) if !is_secret_key(key.reveal()) => {
                refuse("STRIPE_API_KEY", "wants a secret key, which begins with sk_ or rk_");
            }
            None if self.payment_provider == ProviderName::Stripe => {
                refuse("STRIPE_API_KEY", "is wanted where payments are Stripe's");
            }
            Some(_) | None => {}
        }
        if self.payment_provider == ProviderName::Stripe && self.stripe_webhook_secrets.is_empty() {
            refuse("RIALTO_STRIPE_WEBHOOK_SECRETS", "is wanted where payments are Stripe's");
        }
        problems
    }

    /// Whether the emulator takes payments: in `prod` it would give goods away.
    pub fn is_emulating(&self) -> bool {
        self.env != Environment::Prod || self.no_real_money
    }

    /// By what `prod` would sell goods for nothing, or believe that they were paid.
    pub(super) fn unfit_for_real_money(&self) -> Vec<Problem> {
        if self.env != Environment::Prod {
            return Vec::new();
        }
        let mut problems = Vec::new();
        let mut refuse = |name: &str, message: &str| {
            problems.push(Problem { name: name.to_owned(), message: message.to_owned() });
        };
        let is_for_tests = |key: &str| key.starts_with("sk_test_") || key.starts_with("rk_test_");
        if self.stripe_key.as_ref().is_some_and(|key| is_for_tests(key.reveal())) {
            refuse("STRIPE_API_KEY", "prod does not go with a test key, which moves no money");
        }
        if !self.stripe_webhook_secrets.iter().all(Secret::is_strong) {
            let message = "prod wants at least 32 random bytes of each";
            refuse("RIALTO_STRIPE_WEBHOOK_SECRETS", message);
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripe_is_reached_by_tls_or_on_this_machine() {
        let url = |text: &str| StripeUrl::parse(text).map(|it| it.0);
        let own = |text: &str| Some(text.to_owned());
        assert_eq!(url("https://api.stripe.com"), own("https://api.stripe.com"));
        assert_eq!(url("https://api.stripe.com/"), own("https://api.stripe.com"));
        assert_eq!(url("http://127.0.0.1:8420"), own("http://127.0.0.1:8420"));
        assert_eq!(url("http://[::1]:8420"), own("http://[::1]:8420"));
        let wrong = [
            "",
            "api.stripe.com",
            "http://api.stripe.com",
            "https://api.stripe.com/v1",
            "https://sk_live@api.stripe.com",
            "https://api.stripe.com?x",
        ];
        for wrong in wrong {
            assert_eq!(url(wrong), None, "{wrong}");
        }
    }

    fn refused(given: &[(&str, &str)]) -> Vec<String> {
        let problems = Config::of(given).err().map(|it| it.0).unwrap_or_default();
        problems.into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn prod_takes_no_payment_that_is_none_unless_it_is_told_to() {
        let strong = "k7Zp0QmXv3TnB9sRdY5wLhC2fJgE8uAa";
        let prod = [("RIALTO_ENV", "prod"), ("RIALTO_JWT_SECRET", strong)];
        let with = |more: &[(&str, &str)]| refused(&[&prod[..], more].concat());
        let (provider, free) = ("RIALTO_PAYMENT_PROVIDER", ("RIALTO_NO_REAL_MONEY", "on"));
        let (key, secrets) = ("STRIPE_API_KEY", "RIALTO_STRIPE_WEBHOOK_SECRETS");
        let none = Vec::<String>::new();

        let emulates = |more: &[(&str, &str)]| {
            Config::of(&[&prod[..], more].concat()).map(|it| it.is_emulating()).ok()
        };
        assert_eq!((emulates(&[]), emulates(&[free])), (Some(false), Some(true)));
        assert!(Config::of(&[]).unwrap().is_emulating());
        let stripe = |sent: &str, secret: &str| {
            with(&[(provider, "stripe"), (key, sent), (secrets, secret)])
        };
        let whsec = "whsec_k7Zp0QmXv3TnB9sRdY5wLhC2fJgE8uAa";
        assert_eq!(stripe("sk_live_x", whsec), none);
        assert_eq!(stripe("sk_test_x", whsec), [key]);
        assert_eq!(stripe("rk_test_x", whsec), [key]);
        assert_eq!(stripe("sk_live_x", &format!("{whsec},whsec_short")), [secrets]);
        let plain = ("RIALTO_STRIPE_URL", "http://api.stripe.com");
        assert_eq!(with(&[free, plain]), ["RIALTO_STRIPE_URL"]);
        assert_eq!(with(&[free, (key, "sk_test_x")]), [key], "it gives back by it");
    }

    #[test]
    fn stripe_wants_its_keys() {
        let stripe = ("RIALTO_PAYMENT_PROVIDER", "stripe");
        let (key, secrets) = ("STRIPE_API_KEY", "RIALTO_STRIPE_WEBHOOK_SECRETS");
        assert_eq!(refused(&[stripe]), [key, secrets]);
        assert_eq!(refused(&[stripe, (key, "sk_x")]), [secrets]);
        assert_eq!(refused(&[(key, "pk_x")]), [key]);
        let whole = [stripe, (key, "sk_test_x"), (secrets, "whsec_new,whsec_old")];
        assert_eq!(refused(&whole), Vec::<String>::new());
        let config = Config::of(&whole).unwrap();
        assert_eq!(config.stripe_webhook_secrets.len(), 2);
        assert!(!format!("{config:?}").contains("whsec"), "{config:?}");
    }
}

//! Proofs: what only this shop can have said of an id. Whoever shows one was given it by the shop.
//!
//! A proof is derived from what it is for, the id and a key of the server's, so nothing secret is
//! stored, and to derive it again gives the same. The first key makes them and all keys are
//! believed, so that keys can be rotated without taking from anybody what they hold.

use std::{fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{
    Error,
    account::Email,
    cart::Buyer,
    id::{CartId, LinkId, OrderId, SecretId},
    webhook::message::Secret,
};

/// The server's keys, as far as they make proofs. Cheap to clone.
#[derive(Clone)]
pub struct Proofs(Arc<Inner>);

struct Inner {
    /// Makes them; stands in `all` too.
    first: Vec<u8>,
    all: Vec<Vec<u8>>,
}

impl Proofs {
    /// Proofs by `secrets`, of which the first makes them; an error where there is none, or an
    /// empty one.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let all: Vec<Vec<u8>> = secrets.into_iter().map(|it| it.as_ref().to_owned()).collect();
        let first = all.first().filter(|_| all.iter().all(|secret| !secret.is_empty()));
        let first = first.ok_or_else(|| Error::internal("reading the keys")("a key is missing"))?;
        Ok(Proofs(Arc::new(Inner { first: first.clone(), all })))
    }

    /// The token by which a guest holds `cart`: its id and a proof.
    pub fn cart(&self, cart: CartId) -> String {
        format!("{cart}.{}", proof(&self.0.first, "cart", &cart.to_string()))
    }

    /// The cart that a token opens; `Unauthenticated("invalid_cart_token")` where it opens none.
    pub fn cart_of(&self, token: &str) -> Result<CartId, Error> {
        let opened = token.split_once('.').and_then(|(id, proof)| {
            let cart: CartId = id.parse().ok()?; // what is no id opens nothing
            self.proves("cart", &cart.to_string(), proof).then_some(cart)
        });
        opened.ok_or(Error::Unauthenticated { code: "invalid_cart_token" })
    }

    /// The token by which the guest who placed `order` holds it.
    pub fn order(&self, order: OrderId) -> String {
        proof(&self.0.first, "order", &order.to_string())
    }

    /// Whether `token` opens `order`.
    pub fn opens(&self, order: OrderId, token: &str) -> bool {
        self.proves("order", &order.to_string(), token)
    }

    /// The token of a link in a mail: its id and a proof.
    pub fn link(&self, link: LinkId) -> String {
        format!("{link}.{}", proof(&self.0.first, "link", &link.to_string()))
    }

    /// The link that a token is of; `Rejected("invalid_link")` where it is of none. Whether it is
    /// still good, and what for, only the store knows.
    pub fn link_of(&self, token: &str) -> Result<LinkId, Error> {
        let opened = token.split_once('.').and_then(|(id, proof)| {
            let link: LinkId = id.parse().ok()?; // what is no id opens nothing
            self.proves("link", &link.to_string(), proof).then_some(link)
        });
        opened.ok_or_else(invalid_link)
    }

    /// Who redeems coupons, as they are counted: a user, or whoever has an address for mail. Of the
    /// address nothing is kept that could be tried out without the server's key.
    pub fn customer(&self, buyer: Buyer, email: Option<&Email>) -> String {
        match (buyer, email) {
            (Buyer::User(user), _) => format!("user:{user}"),
            (Buyer::Guest(_), Some(email)) => {
                format!("mail:{}", proof(&self.0.first, "customer", email.as_str()))
            }
            (Buyer::Guest(cart), None) => format!("cart:{cart}"),
        }
    }

    /// What the messages of a webhook are signed by: the secret by the first key, which its receiver
    /// is told, and those by the others, for receivers that were told before the keys were rotated.
    pub fn webhook(&self, secret: SecretId) -> Vec<Secret> {
        let derived = |key: &Vec<u8>| {
            let mac = mac(key, "webhook", &secret.to_string())?;
            Some(Secret::new(mac.finalize().into_bytes().to_vec()))
        };
        self.0.all.iter().filter_map(derived).collect()
    }

    /// Whether what was shown is `known`; it takes the same time wherever the two differ.
    pub fn is_same(&self, shown: &str, known: &str) -> bool {
        let Some(known) = mac(&self.0.first, "same", known) else { return false };
        let known = known.finalize().into_bytes();
        mac(&self.0.first, "same", shown).is_some_and(|it| it.verify_slice(&known).is_ok())
    }

    fn proves(&self, what: &str, id: &str, proof: &str) -> bool {
        let Ok(proof) = BASE64_URL_SAFE_NO_PAD.decode(proof) else { return false };
        // `verify_slice` takes the same time wherever the two differ.
        let is_of =
            |key: &Vec<u8>| mac(key, what, id).is_some_and(|it| it.verify_slice(&proof).is_ok());
        self.0.all.iter().any(is_of)
    }
}

impl fmt::Debug for Proofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proofs(…)")
    }
}

/// What is answered to a link that is not ours, and to one that is not good any more: nobody learns
/// which.
pub fn invalid_link() -> Error {
    let message = "this link is not valid, or not any more: ask for another one".to_owned();
    Error::Rejected { code: "invalid_link", message }
}

/// The proof, by one key, that `id` was given for `what`: 256 bits as 43 characters.
pub fn proof(key: &[u8], what: &str, id: &str) -> String {
    let proof = mac(key, what, id).map(|mac| mac.finalize().into_bytes());
    proof.map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default()
}

fn mac(key: &[u8], what: &str, id: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(key).ok()?; // any length is a key
    Some(mac.chain_update(what).chain_update(":").chain_update(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"the first secret of thirty-two bytes";

    #[test]
    fn a_guest_is_counted_by_the_address_and_only_the_key_tells_whose_it_is() {
        let customer = |proofs: Proofs, email: &str| {
            let email = Email::parse(email).unwrap();
            proofs.customer(Buyer::Guest(CartId::new()), Some(&email))
        };
        let ada = customer(proofs(), "ada@example.com");

        assert_eq!(customer(proofs(), "ADA@example.com"), ada);
        assert_ne!(customer(proofs(), "eve@example.com"), ada);
        assert_ne!(customer(Proofs::new([b"another"]).unwrap(), "ada@example.com"), ada);
    }

    fn proofs() -> Proofs {
        Proofs::new([SECRET]).unwrap()
    }

    #[test]
    fn a_webhook_is_signed_by_the_keys_of_before_too() {
        let rotated = Proofs::new([&b"the newer secret"[..], SECRET]).unwrap();
        let (secret, other) = (SecretId::new(), SecretId::new());

        let both = rotated.webhook(secret);
        assert_eq!((both.len(), &both[1..]), (2, &proofs().webhook(secret)[..]));
        assert_ne!(both[0], both[1]);
        assert_ne!(proofs().webhook(other), proofs().webhook(secret));
    }

    #[test]
    fn two_texts_are_the_same_if_every_letter_is() {
        assert!(proofs().is_same("a token", "a token"));
        for other in ["", "a toke", "a token ", "b token"] {
            assert!(!proofs().is_same(other, "a token"), "{other}");
        }
    }

    #[test]
    fn proofs_are_not_made_of_nothing() {
        assert!(Proofs::new::<&[u8]>([]).is_err());
        assert!(Proofs::new([SECRET, b""]).is_err());
    }

    #[test]
    fn a_guests_token_opens_its_own_cart_or_order_alone() {
        let (cart, order) = (CartId::new(), OrderId::new());
        let token = proofs().cart(cart);
        let (_, proof) = token.split_once('.').unwrap();

        assert_eq!(proofs().cart_of(&token).unwrap(), cart);
        for wrong in [format!("{}.{proof}", CartId::new()), format!("{cart}."), String::new()] {
            assert!(proofs().cart_of(&wrong).is_err(), "{wrong}");
        }
        assert!(!proofs().opens(OrderId::new(), &proofs().order(order)));
        assert!(!proofs().opens(order, proof) && !proofs().opens(order, ""));
    }

    #[test]
    fn a_link_is_an_id_and_a_proof_and_is_good_for_nothing_else() {
        let link = LinkId::new();
        let token = proofs().link(link);
        let (id, proof) = token.split_once('.').unwrap();

        assert_eq!((id, proof.len()), (link.to_string().as_str(), 43));
        assert_eq!(proofs().link_of(&token).unwrap(), link);
        assert!(proofs().cart_of(&token).is_err());
        let cart = proofs().cart(CartId::from(link.uuid()));
        for wrong in [format!("{}.{proof}", LinkId::new()), format!("{id}."), cart, id.to_owned()] {
            assert_eq!(proofs().link_of(&wrong).unwrap_err().code(), "invalid_link", "{wrong}");
        }
    }

    #[test]
    fn what_an_older_key_has_proved_still_holds_and_a_strangers_key_proves_nothing() {
        let rotated = Proofs::new([&b"the newer secret"[..], SECRET]).unwrap();
        let (cart, order, link) = (CartId::new(), OrderId::new(), LinkId::new());

        assert_eq!(rotated.cart_of(&proofs().cart(cart)).unwrap(), cart);
        assert!(rotated.opens(order, &proofs().order(order)));
        assert_eq!(rotated.link_of(&proofs().link(link)).unwrap(), link);
        assert!(proofs().link_of(&rotated.link(link)).is_err());
    }
}

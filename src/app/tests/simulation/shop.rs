//! What all schedules on a database have in common: a few products, a few users, and the settings.

use std::collections::BTreeMap;

use crate::{
    config::Config,
    domain::{
        account::{Email, Register, Role},
        cart::Buyer,
        catalogue::import::{Import, NewCategory, NewProduct, NewVariant},
        id::{CartId, PromotionId, UserId, VariantId},
        money::Money,
        promotion::{Benefit, Code, Rule, change::Create},
    },
    store::{Store, read, sqlite::tests::simulated::Base},
};

/// How many variants there are, and how many shoppers of each kind.
pub const VARIANTS: usize = 3;
const USERS: usize = 2;
const GUESTS: usize = 2;

/// The coupons: one for a few orders, one for a few of each customer.
pub const CODES: [&str; 2] = ["FEW", "EACH"];

pub struct Shop {
    pub config: Config,
    pub variants: Vec<VariantId>,
    pub buyers: Vec<Buyer>,
}

/// Written through the store, as any shop is.
pub async fn open(store: &Store) -> Shop {
    store.write(goods()).await.unwrap();
    for (at, code) in CODES.into_iter().enumerate() {
        store.write(coupon(code, at == 0)).await.unwrap();
    }
    let product = read!(store, catalogue::product("teapot".to_owned())).unwrap();
    let mut buyers = Vec::new();
    for _ in 0..USERS {
        let id = UserId::new();
        store.write(user(id)).await.unwrap();
        buyers.push(Buyer::User(id));
    }
    buyers.extend((0..GUESTS).map(|_| Buyer::Guest(CartId::new())));
    Shop { config: config(), variants: product.variants.iter().map(|it| it.id).collect(), buyers }
}

impl Shop {
    /// Clears what a schedule has left, fills the shelves, and says how often a coupon counts. The
    /// logs that nothing can be taken out of stay.
    pub fn clear(&self, base: &mut Base, units: &[i64], limit: i64) {
        let mut sql = format!(
            "BEGIN;
            UPDATE promotions SET used = 0, usage_limit = {limit} WHERE code = 'FEW';
            UPDATE promotions SET used = 0, per_customer_limit = {limit} WHERE code = 'EACH';"
        );
        for table in [
            "events",
            "idempotency_keys",
            "redemptions",
            "returns",
            "refunds",
            "delivery_items",
            "deliveries",
            "payments",
            "order_lines",
            "orders",
            "cart_items",
            "carts",
            "stock_ledger",
        ] {
            sql += &format!("DELETE FROM {table};");
        }
        for (at, (variant, units)) in self.variants.iter().zip(units).enumerate() {
            sql += &format!(
                "UPDATE stock SET on_hand = {units}, reserved = 0, sold = 0 \
                    WHERE variant_id = '{variant}';
                INSERT INTO stock_ledger (id, variant_id, units, reason, at) \
                    VALUES ('first-{at}', '{variant}', {units}, 'received', '2026-01-01');"
            );
        }
        base.execute(&(sql + "COMMIT;"));
    }
}

fn config() -> Config {
    let given = [
        ("RIALTO_ENV", "test"),
        ("RIALTO_JWT_SECRET", "of-this-test"),
        ("RIALTO_PAYMENT_TTL", "60s"),
        ("RIALTO_HOLD_TTL", "30s"),
        // Without a seed: what goes wrong by one does by the ids of parcels, which no schedule repeats.
        ("RIALTO_COURIER_SPEED", "100000"),
    ];
    Config::of(&given).unwrap()
}

fn coupon(code: &str, is_for_few: bool) -> Create {
    let (usage_limit, per_customer_limit) =
        if is_for_few { (Some(1), None) } else { (None, Some(1)) };
    let rule = Rule {
        code: Some(Code::parse(code).unwrap()),
        benefit: Benefit::Percentage(10),
        min_total: None,
        usage_limit,
        per_customer_limit,
        starts_at: None,
        ends_at: None,
        products: Vec::new(),
        categories: Vec::new(),
        is_active: true,
    };
    Create { id: PromotionId::new(), rule }
}

fn user(id: UserId) -> Register {
    Register {
        id,
        email: Email::parse(&format!("{id}@example.com")).unwrap(),
        name: "Ada".to_owned(),
        password_hash: String::new(),
        role: Role::Customer,
        session: None,
        confirm: None,
    }
}

fn goods() -> Import {
    let category = NewCategory {
        slug: "tea".into(),
        name: "Tea".into(),
        parent: None,
        attributes: Vec::new(),
    };
    let variant = |at: usize| NewVariant {
        line: 0,
        sku: format!("TEAPOT-{at}"),
        name: String::new(),
        options: BTreeMap::from([("Size".to_owned(), at.to_string())]),
        price: Money::euros([1_250, 999, 3][at % 3]),
        compare_at_price: None,
        on_hand: Some(1),
        weight_grams: Some(900),
        low_threshold: None,
    };
    let product = NewProduct {
        line: 0,
        slug: "teapot".into(),
        name: "Teapot".into(),
        description: None,
        brand: None,
        category: Some("tea".into()),
        attributes: None,
        status: None,
        images: None,
        variants: (0..VARIANTS).map(variant).collect(),
    };
    Import { categories: vec![category], products: vec![product] }
}

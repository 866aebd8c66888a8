//! How many statements a checkout is, whatever the batch.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use diesel::connection::InstrumentationEvent;

use super::*;
use crate::domain::{
    address::Address, cart::Buyer, delivery::Method, id::OrderId, idempotency::Claim,
    order::place::Place, payment::ProviderName,
};

/// Of a checkout, with the begin and the commit of its transaction.
const STATEMENTS_MAX: usize = 17;
const LINES: usize = 5;

/// Carts with five lines each.
pub async fn carts(store: &Store, count: usize) -> Vec<Place> {
    let mut import = teapots();
    let teapot = import.products[0].variants.remove(0);
    import.products[0].variants = (0..LINES)
        .map(|at| NewVariant {
            sku: format!("TEAPOT-{at}"),
            options: BTreeMap::from([("Size".to_owned(), at.to_string())]),
            on_hand: Some(1_000),
            ..teapot.clone()
        })
        .collect();
    store.write(import).await.unwrap();
    let product = read!(store, catalogue::product("teapot".to_owned())).unwrap();
    let mut all = Vec::new();
    for _ in 0..count {
        let mut cart = Cart::empty(CartId::new());
        for variant in product.variants.iter().filter(|it| it.sku != "TEAPOT") {
            let quantity = Quantity::try_from(1).unwrap();
            let edit = Edit::Add { item: ItemId::new(), variant: variant.id, quantity };
            let day = now() + TimeDelta::days(1);
            let moments = Moments { now: now(), held_until: day, expires_at: day };
            let (after, save) = cart.after(&edit, &moments).unwrap().unwrap();
            store.write(save).await.unwrap();
            cart = after;
        }
        all.push(place(cart));
    }
    all
}

fn place(cart: Cart) -> Place {
    let key = cart.id.to_string();
    Place {
        order: OrderId::new(),
        buyer: Buyer::Guest(cart.id),
        email: Some(Email::parse("guest@example.com").unwrap()),
        language: None,
        customer: "mail:guest".to_owned(),
        cart_version: cart.version,
        items: cart.items,
        codes: cart.codes,
        address: Address {
            name: "Ada Byron".into(),
            line1: "Lindenstr. 5".into(),
            line2: None,
            city: "Berlin".into(),
            region: None,
            postal_code: "10969".into(),
            country: "DE".into(),
            phone: None,
        },
        method: Method::Standard,
        provider: ProviderName::Emulator,
        expected_total: None,
        expires_at: now() + TimeDelta::minutes(30),
        claim: Claim { request: key.clone(), key },
    }
}

/// Counts what is sent to the database.
fn counted(conn: &mut impl Connection) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&count);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            counts.fetch_add(1, Ordering::Relaxed);
        }
    });
    count
}

fn statements(database: &Database, commands: Vec<Place>) -> usize {
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    for command in commands {
        drop(queue(command, &mut lanes, &mut replies));
    }
    let (count, done) = match &database.url {
        Url::Sqlite(path) => {
            let mut conn = sqlite::Conn::establish(path.to_str().unwrap()).unwrap();
            let count = counted(&mut conn);
            (count, conn.immediate_transaction(|conn| sqlite::q::run(conn, &lanes, now())))
        }
        Url::Postgres(url) => {
            let mut conn = postgres::Conn::establish(url).unwrap();
            let count = counted(&mut conn);
            (count, conn.transaction(|conn| postgres::q::run(conn, &lanes, now())))
        }
    };
    let placed = done.unwrap().outcomes.place;
    let ordered = placed.iter().filter(|it| it.as_ref().is_ok_and(|it| it.order.is_some()));
    assert_eq!(ordered.count(), placed.len());
    count.load(Ordering::Relaxed)
}

#[actix_rt::test]
async fn a_checkout_of_five_lines_is_fifteen_statements_in_a_transaction_whatever_the_batch() {
    let (database, store, _) = Database::stocked().await;
    let mut places = carts(&store, 33).await;
    let one = places.pop().unwrap();

    let (of_one, of_many) = (statements(&database, vec![one]), statements(&database, places));

    assert_eq!(of_one, of_many);
    assert!(of_one <= STATEMENTS_MAX, "{of_one}");
}

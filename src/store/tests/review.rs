//! Ratings under two writers at once that know nothing of each other, as two nodes are.

use futures_util::future::join_all;
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{
    Database, Store, queue, read, teapots, {Lanes, Migration, Replies, migrate},
};
use crate::domain::{
    Error,
    account::{Email, Register, Role},
    catalogue::rating::{Rating, Stars},
    id::{ProductId, ReviewId, UserId},
    page::Page,
    review::{
        Draft, Filter, Review,
        change::{Change, Step},
    },
};

const PRODUCTS: [&str; 3] = ["teapot", "pan", "mug"];
const BUYERS: usize = 30;
const CHANGES: usize = 1_000;
/// Few wait at each store at a time: so there are many small transactions, and they overlap.
const WORKERS: usize = 8;

/// A shop where each of `BUYERS` has got each of `PRODUCTS`.
async fn delivered() -> (Database, Store, Vec<UserId>, Vec<ProductId>) {
    let database = Database::empty();
    migrate(&database.url, Migration::Up).unwrap();
    let store = Store::open(&database.url).unwrap();
    let mut import = teapots();
    let teapot = import.products.remove(0);
    for slug in PRODUCTS {
        let mut product = teapot.clone();
        product.slug = slug.to_owned();
        product.variants[0].sku = slug.to_uppercase();
        import.products.push(product);
    }
    store.write(import).await.unwrap();
    let users = join_all((0..BUYERS).map(|at| register(&store, at))).await;
    let mut products = Vec::new();
    for slug in PRODUCTS {
        products.push(read!(store, review::product(slug.to_owned())).unwrap());
    }
    database.execute(&orders(&users)).unwrap();
    (database, store, users, products)
}

async fn register(store: &Store, at: usize) -> UserId {
    let register = Register {
        id: UserId::new(),
        email: Email::parse(&format!("buyer{at}@example.com")).unwrap(),
        name: "Ada Byron".into(),
        password_hash: "$argon2id$".into(),
        role: Role::Customer,
        session: None,
        confirm: None,
    };
    store.write(register).await.unwrap().id
}

/// For each user an order of all that there is, and its delivery.
fn orders(users: &[UserId]) -> String {
    let mut sql = String::new();
    for user in users {
        sql += &format!(
            "INSERT INTO orders (id, number, user_id, cart_id, cart_version, email, status, \
             version, sequence, currency, subtotal, discount, tax, delivery_price, total, \
             address, delivery_method, expires_at, placed_at, updated_at) VALUES ('{user}', '{user}', '{user}', '{user}', 1, NULL, \
             'delivered', 1, 1, 'EUR', 0, 0, 0, 0, 0, '{{}}', 'standard', \
             '2026-01-01 00:00:00', '2026-01-01 00:00:00', '2026-01-01 00:00:00');
             INSERT INTO order_lines (id, order_id, position, variant_id, product_id, name, sku, \
             options, quantity, unit_price, line_total) SELECT '{user}' || variants.id, '{user}', 0, variants.id, \
             variants.product_id, '', '', '{{}}', 1, 0, 0 FROM variants;
             INSERT INTO deliveries (id, order_id, status, method, steps_done) VALUES ('{user}', \
             '{user}', 'delivered', 'standard', 4);
             INSERT INTO delivery_items (delivery_id, line_id, quantity) SELECT order_id, id, quantity \
             FROM order_lines WHERE order_id = '{user}';"
        );
    }
    sql
}

fn said(user: UserId, rating: i32) -> Step {
    let rating = Stars::try_from(rating).unwrap();
    let draft = Draft::new(rating, None, Some("It pours.")).unwrap();
    Step::Save { id: ReviewId::new(), user, draft }
}

async fn all_of(store: &Store, product: ProductId) -> Vec<Review> {
    let filter = Filter { product: Some(product), ..Filter::default() };
    read!(store, review::page_of_all(filter, Page { limit: 100, after: None })).unwrap().items
}

async fn rated(store: &Store, product: ProductId) -> Rating {
    read!(store, catalogue::product(product.to_string())).unwrap().rating
}

fn recount(all: &[Review]) -> Rating {
    let counted = all.iter().filter_map(Review::counted);
    counted.fold(Rating::default(), |rating, stars| rating.moved(None, Some(stars)))
}

#[actix_rt::test]
async fn after_a_thousand_changes_by_two_writers_at_once_each_rating_equals_a_recount() {
    let (database, store, users, products) = delivered().await;
    let stores = [store.clone(), Store::open(&database.url).unwrap()];
    let mut random = StdRng::seed_from_u64(4);
    let mut ids = Vec::new();
    for product in &products {
        for user in &users {
            let change = Change { product: *product, step: said(*user, 3) };
            ids.push((*product, store.write(change).await.unwrap().review.shown.id));
        }
    }

    let mut workers: [Vec<Change>; WORKERS] = Default::default();
    for at in 0..CHANGES {
        let (product, review) = ids[random.random_range(0..ids.len())];
        // Each store has users of its own: nothing but the ratings keeps the two apart.
        let own = &users[if at % 2 == 0 { 0..BUYERS / 2 } else { BUYERS / 2..BUYERS }];
        let user = own[random.random_range(0..own.len())];
        let step = match random.random_range(0..10) {
            0..=5 => said(user, random.random_range(1..=5)),
            6 => Step::Withdraw { user },
            7 | 8 => Step::Hide { review, reason: "spam".to_owned() },
            _ => Step::Unhide { review },
        };
        workers[at % WORKERS].push(Change { product, step });
    }
    let work = workers.into_iter().enumerate().map(async |(at, changes)| {
        let mut outcomes = Vec::new();
        for change in changes {
            outcomes.push(stores[at % 2].write(change).await);
        }
        outcomes
    });
    let outcomes: Vec<_> = join_all(work).await.into_iter().flatten().collect();

    let is_a_refusal = |it: &&Error| matches!(it, Error::NotFound(_) | Error::Conflict(_));
    let failed = outcomes.iter().filter_map(|it| it.as_ref().err());
    let failed: Vec<&Error> = failed.filter(|it| !is_a_refusal(it)).collect();
    assert!(failed.is_empty(), "{failed:?}");
    let done = outcomes.iter().filter(|it| it.is_ok()).count();
    assert!(done > CHANGES / 2, "{done}");
    for product in products {
        let all = all_of(&store, product).await;
        assert!(all.iter().any(|it| it.counted().is_none()), "none is hidden");
        assert_eq!(rated(&store, product).await, recount(&all));
    }
    let left = super::left(&store, crate::domain::audit::Action::ReviewHidden).await;
    assert!(left > 0);
}

#[actix_rt::test]
async fn in_one_batch_what_comes_first_is_what_the_next_one_finds() {
    let (database, store, users, products) = delivered().await;
    let (user, product) = (users[0], products[0]);
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let mut change = |step| queue(Change { product, step }, &mut lanes, &mut replies);
    let stranger = change(said(UserId::new(), 1));
    let too_early = change(Step::Withdraw { user });
    let first = change(said(user, 1));
    let gone = change(Step::Withdraw { user });
    let second = change(said(user, 2));
    let third = change(said(user, 5));

    database.serve(lanes, replies);

    assert!(matches!(stranger.await.unwrap(), Err(Error::NotFound("user"))));
    assert!(matches!(too_early.await.unwrap(), Err(Error::NotFound("review"))));
    assert!(first.await.unwrap().unwrap().before.is_none());
    gone.await.unwrap().unwrap();
    let second = second.await.unwrap().unwrap();
    let third = third.await.unwrap().unwrap();
    assert_eq!((second.before, third.before), (None, Some(second.review.clone())));
    assert_eq!(third.review.shown.id, second.review.shown.id);
    let all = all_of(&store, product).await;
    assert_eq!((all.len(), rated(&store, product).await.counts), (1, [0, 0, 0, 0, 1]));
}

#[actix_rt::test]
async fn whoever_has_got_nothing_leaves_nothing_and_whose_account_ended_says_nothing() {
    let (database, store, users, products) = delivered().await;
    let (user, product) = (users[0], products[0]);
    let nobody = register(&store, BUYERS).await;
    let sql = format!(
        "UPDATE deliveries SET status = 'in_transit' WHERE id = '{}'; \
         UPDATE users SET status = 'deleted' WHERE id = '{user}'",
        users[1]
    );
    database.execute(&sql).unwrap();

    for waits in [nobody, users[1]] {
        let refused = store.write(Change { product, step: said(waits, 5) }).await.unwrap_err();
        assert_eq!(refused.code(), "not_bought");
    }
    let gone = store.write(Change { product, step: said(user, 5) }).await;

    assert!(matches!(gone, Err(Error::NotFound("user"))));
    assert_eq!(all_of(&store, product).await, []);
    let twice = "INSERT INTO ratings SELECT id, 0, 0, 0, 0, 0, 0 FROM products";
    database.execute(twice).expect("nobody has a rating yet");
}

#[actix_rt::test]
async fn the_database_itself_refuses_a_second_word_and_half_a_hiding() {
    let (database, store, users, products) = delivered().await;
    let change = Change { product: products[0], step: said(users[0], 5) };
    store.write(change).await.unwrap();

    for sql in [
        "INSERT INTO reviews SELECT id || 'x', product_id, user_id, 1, NULL, NULL, 'published', \
         NULL, verified, created_at, updated_at FROM reviews",
        "UPDATE reviews SET rating = 6",
        "UPDATE reviews SET status = 'hidden'",
        "UPDATE reviews SET hidden_reason = 'spam'",
        "UPDATE ratings SET fives = -1",
    ] {
        assert!(database.execute(sql).is_err(), "{sql}");
    }
}

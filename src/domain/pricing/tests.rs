//! Sums that always equal their parts, over a hundred thousand baskets.

use chrono::DateTime;

use super::*;
use crate::domain::promotion::{Kind, Rule};

const CARTS: u64 = 100_000;
const COUNTRIES: [&str; 4] = ["DE", "FR", "US", "JP"];

/// Numbers that look random and are the same on each run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        i64::try_from((z ^ (z >> 31)) % sides).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.roll(u64::try_from(from.len()).unwrap())).unwrap()]
    }
}

fn line(unit_price: i64, quantity: i64) -> Line {
    Line {
        product: ProductId::new(),
        category: CategoryId::new(),
        unit_price: Money::euros(unit_price),
        quantity: Quantity::try_from(quantity).unwrap(),
        grams: 100,
    }
}

fn promotion(kind: Kind, value: i64) -> Promotion {
    let rule = Rule {
        code: None,
        benefit: Benefit::parse(kind, value).unwrap(),
        min_total: None,
        usage_limit: None,
        per_customer_limit: None,
        starts_at: None,
        ends_at: None,
        products: Vec::new(),
        categories: Vec::new(),
        is_active: true,
    };
    let at = DateTime::UNIX_EPOCH;
    Promotion { id: PromotionId::new(), rule, used: 0, version: 1, created_at: at, updated_at: at }
}

fn with(promotion: Promotion, change: impl FnOnce(&mut Rule)) -> Promotion {
    let mut promotion = promotion;
    change(&mut promotion.rule);
    promotion
}

fn priced(
    lines: Vec<Line>,
    promotions: &[Promotion],
    destination: Option<Destination<'_>>,
) -> Priced {
    let basket = Basket { lines, codes: &[], destination };
    let parents = BTreeMap::new();
    priced_below(&basket, promotions, &parents)
}

fn priced_below(
    basket: &Basket<'_>,
    promotions: &[Promotion],
    parents: &BTreeMap<CategoryId, CategoryId>,
) -> Priced {
    let (tariff, had, now) = (Tariff::default(), BTreeMap::new(), DateTime::UNIX_EPOCH);
    let promotions: Vec<&Promotion> = promotions.iter().collect();
    let promotions = &promotions;
    price(basket, &Terms { tariff: &tariff, promotions, parents, had: &had, now }).unwrap()
}

fn discounts(priced: &Priced) -> Vec<i64> {
    priced.lines.iter().map(|it| it.discount.amount).collect()
}

fn random_promotion(dice: &mut Dice, lines: &[Line]) -> Promotion {
    let kind = dice.pick(Kind::ALL);
    let value = match kind {
        Kind::Percentage => 1 + dice.roll(100),
        Kind::Amount => 1 + dice.roll(20_000),
        Kind::FreeDelivery => 1,
        Kind::NForM => 2 + dice.roll(4),
    };
    let products: Vec<ProductId> = match dice.roll(2) {
        0 => Vec::new(),
        _ => lines.iter().filter(|_| dice.roll(2) == 0).map(|it| it.product).collect(),
    };
    let min_total = (dice.roll(3) == 0).then(|| 1 + dice.roll(50_000));
    with(promotion(kind, value), |rule| {
        rule.products = products;
        rule.min_total = min_total;
    })
}

fn random_tariff(dice: &mut Dice) -> Tariff {
    let mut tariff = Tariff::default();
    for zone in &mut tariff.zones {
        zone.tax = Tax { rate: dice.roll(3_000), is_included: dice.roll(2) == 0 };
    }
    tariff
}

#[test]
fn the_totals_of_a_hundred_thousand_carts_equal_their_parts_and_no_cent_is_lost() {
    let mut dice = Dice(20_261_127);
    for cart in 0..CARTS {
        let lines: Vec<Line> = (0..=dice.roll(6))
            .map(|_| {
                let most = dice.pick(&[1, 10, 1_000, 100_000]);
                line(dice.roll(most), 1 + dice.roll(12))
            })
            .collect();
        let promotions: Vec<Promotion> =
            (0..dice.roll(5)).map(|_| random_promotion(&mut dice, &lines)).collect();
        let promotions: Vec<&Promotion> = promotions.iter().collect();
        let (tariff, had, parents) = (random_tariff(&mut dice), BTreeMap::new(), BTreeMap::new());
        let country = dice.pick(&COUNTRIES);
        let method = dice.pick(Method::ALL);
        let destination = (dice.roll(4) > 0).then_some(Destination { country, method });
        let basket = Basket { lines, codes: &[], destination };
        let terms = Terms {
            tariff: &tariff,
            promotions: &promotions,
            parents: &parents,
            had: &had,
            now: DateTime::UNIX_EPOCH,
        };

        let priced = price(&basket, &terms).unwrap();

        equals_its_parts(&priced, cart);
        let quotes = quotes(&basket, country, &terms).unwrap();
        let quoted = quotes.iter().find(|it| it.method == method).map(|it| it.price);
        assert!(priced.delivery.is_none() || priced.delivery == quoted, "cart {cart}");
    }
}

fn equals_its_parts(priced: &Priced, cart: u64) {
    let sum = |of: fn(&PricedLine) -> Money| priced.lines.iter().map(|it| of(it).amount).sum();
    let parts: [i64; 4] =
        [sum(|it| it.total), sum(|it| it.discount), sum(|it| it.tax), sum(|it| it.tax_included)];
    let whole =
        [priced.subtotal, priced.discount, priced.tax, priced.tax_included].map(|it| it.amount);
    let given: i64 = priced.promotions.iter().map(|it| it.discount.amount).sum();
    let delivery = priced.delivery.map_or(0, |it| it.amount);
    let [subtotal, discount, tax, held] = parts;
    let paid: i64 = priced.lines.iter().map(|it| it.paid().unwrap().amount).sum();

    assert_eq!(parts, whole, "cart {cart}");
    assert_eq!(given, discount, "cart {cart}");
    assert_eq!(priced.total.amount, subtotal - discount + tax + delivery, "cart {cart}");
    assert_eq!(priced.total.amount, paid + delivery, "cart {cart}");
    assert!(parts.iter().all(|it| *it >= 0) && discount <= subtotal && held <= paid, "cart {cart}");
    let fair = |it: &PricedLine| it.discount.amount >= 0 && it.discount.amount <= it.total.amount;
    assert!(priced.lines.iter().all(fair), "cart {cart}");
}

#[test]
fn an_amount_is_spread_to_the_cent() {
    assert_eq!(spread(100, &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(spread(1, &[0, 5, 5]), [0, 1, 0]);
    assert_eq!(spread(7, &[3, 4]), [3, 4]);
    assert_eq!(spread(0, &[0, 0]), [0, 0]);

    let ten = priced(
        vec![line(333, 1), line(333, 1), line(334, 1)],
        &[promotion(Kind::Amount, 100)],
        None,
    );
    assert_eq!(discounts(&ten), [33, 33, 34]);
}

#[test]
fn of_three_the_cheapest_is_free_whichever_line_it_is_on() {
    let three = [promotion(Kind::NForM, 3)];
    assert_eq!(discounts(&priced(vec![line(500, 2), line(200, 1)], &three, None)), [0, 200]);
    assert_eq!(discounts(&priced(vec![line(500, 4), line(200, 2)], &three, None)), [0, 400]);
    assert_eq!(discounts(&priced(vec![line(500, 2)], &three, None)), [0]);
}

#[test]
fn promotions_stack_in_the_order_that_is_written_down() {
    let all = [
        promotion(Kind::FreeDelivery, 1),
        promotion(Kind::Amount, 100),
        promotion(Kind::Percentage, 10),
        promotion(Kind::NForM, 2),
    ];
    let to = Destination { country: "DE", method: Method::Standard };

    let priced = priced(vec![line(1_000, 2)], &all, Some(to));

    // 2000, less one of two is 1000, less a tenth is 900, less one euro is 800.
    assert_eq!((priced.total.amount, priced.delivery), (800, Some(Money::ZERO)));
}

#[test]
fn what_a_promotion_is_not_for_stays_as_it_is() {
    let lines = vec![line(1_000, 1), line(1_000, 1)];
    let (product, shelf) = (lines[0].product, CategoryId::new());
    let one = with(promotion(Kind::Percentage, 50), |rule| rule.products = vec![product]);
    let none = with(promotion(Kind::Percentage, 50), |rule| rule.categories = vec![shelf]);
    let parents = BTreeMap::from([(lines[1].category, shelf)]);
    let basket = Basket { lines: lines.clone(), codes: &[], destination: None };

    assert_eq!(discounts(&priced(lines.clone(), &[one], None)), [500, 0]);
    assert_eq!(discounts(&priced(lines, std::slice::from_ref(&none), None)), [0, 0]);
    assert_eq!(discounts(&priced_below(&basket, &[none], &parents)), [0, 500]);
}

#[test]
fn a_coupon_says_why_it_gives_nothing() {
    let code = |text| Code::parse(text).unwrap();
    let (now, day) = (DateTime::UNIX_EPOCH, chrono::Duration::days(1));
    let coupon = |name: &str, change: fn(&mut Rule)| {
        with(promotion(Kind::Percentage, 10), |rule| {
            rule.code = Some(Code::parse(name).unwrap());
            change(rule);
        })
    };
    let mut all = vec![
        coupon("SMALL", |it| it.min_total = Some(1_001)),
        coupon("GONE", |it| it.is_active = false),
        coupon("USED", |it| it.usage_limit = Some(1)),
        coupon("MINE", |it| it.per_customer_limit = Some(2)),
        coupon("OTHER", |it| it.products = vec![ProductId::new()]),
        coupon("GOOD", |_| {}),
    ];
    all.push(with(coupon("LATE", |_| {}), |it| it.ends_at = Some(now)));
    all.push(with(coupon("EARLY", |_| {}), |it| it.starts_at = Some(now + day)));
    all[2].used = 1;
    let had = BTreeMap::from([(all[3].id, 2)]);
    let names = ["SMALL", "GONE", "USED", "MINE", "OTHER", "LATE", "EARLY", "NONE", "GOOD"];
    let codes = names.map(code);
    let basket = Basket { lines: vec![line(1_000, 1)], codes: &codes, destination: None };
    let tariff = Tariff::default();

    let (parents, promotions) = (BTreeMap::new(), all.iter().collect::<Vec<_>>());
    let terms =
        Terms { tariff: &tariff, promotions: &promotions, parents: &parents, had: &had, now };
    let priced = price(&basket, &terms).unwrap();

    let problems: Vec<Option<Problem>> = priced.promotions.iter().map(|it| it.problem).collect();
    let expected = [
        Some(Problem::MinTotal),
        Some(Problem::Ended),
        Some(Problem::Exhausted),
        Some(Problem::Exhausted),
        Some(Problem::NotApplicable),
        Some(Problem::Ended),
        Some(Problem::NotStarted),
        Some(Problem::Unknown),
        None,
    ];
    assert_eq!(problems, expected);
    assert_eq!(priced.discount.amount, 100);
}

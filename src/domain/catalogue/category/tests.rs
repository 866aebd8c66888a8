//! The tree after many random changes, and the refusals.

use super::*;
use crate::domain::catalogue::attribute::Kind;

fn moved(parent: Option<CategoryId>) -> Edit {
    Edit { parent_id: Some(parent), ..Edit::default() }
}

fn named(name: &str, parent: Option<CategoryId>) -> Edit {
    Edit { name: Some(name.to_owned()), ..moved(parent) }
}

fn saying(names: &[&str]) -> Edit {
    let definition = |name: &&str| Definition {
        name: (*name).to_owned(),
        kind: Kind::Text,
        unit: None,
        required: false,
        choices: Vec::new(),
    };
    Edit { attributes: Some(names.iter().map(definition).collect()), ..Edit::default() }
}

/// Numbers that follow from the one it starts with (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// A forest with this chain in it, and the ids from its root down.
fn chain(length: usize) -> (Forest, Vec<CategoryId>) {
    let (mut forest, mut ids) = (Forest::default(), Vec::new());
    for number in 0..length {
        let id = CategoryId::new();
        let node = forest.after(id, &named(&format!("c{number}"), ids.last().copied())).unwrap();
        forest = forest.with(node);
        ids.push(id);
    }
    (forest, ids)
}

fn code(outcome: Result<Kept, Error>) -> String {
    outcome.unwrap_err().code().to_owned()
}

#[test]
fn no_random_moves_make_a_circle_or_lose_a_category() {
    for seed in 0..50 {
        let mut dice = Dice(seed);
        let (mut forest, ids) = chain(4);
        let mut ids = ids;
        for number in 0..20 {
            let id = CategoryId::new();
            let parent = ids[dice.below(ids.len())];
            if let Ok(node) = forest.after(id, &named(&format!("n{number}"), Some(parent))) {
                forest = forest.with(node);
                ids.push(id);
            }
        }
        for _ in 0..200 {
            let id = ids[dice.below(ids.len())];
            let parent = ids.get(dice.below(ids.len() + 1)).copied();
            match forest.after(id, &moved(parent)) {
                Ok(node) => forest = forest.with(node),
                Err(error) => {
                    assert!(["category_cycle", "category_too_deep"].contains(&error.code()));
                }
            }
            let reached: BTreeSet<CategoryId> = ids
                .iter()
                .filter(|id| forest.0[id].parent_id.is_none())
                .flat_map(|root| forest.below(*root))
                .collect();
            assert_eq!(reached.len(), ids.len(), "seed {seed}: one hangs on a circle");
            assert!(ids.iter().all(|id| forest.path(*id).len() <= DEPTH_MAX), "seed {seed}");
        }
    }
}

#[test]
fn a_category_is_moved_with_all_below_it_and_never_below_itself() {
    let (forest, ids) = chain(4);

    assert_eq!(code(forest.after(ids[1], &moved(Some(ids[1])))), "category_cycle");
    assert_eq!(code(forest.after(ids[0], &moved(Some(ids[3])))), "category_cycle");
    assert_eq!(code(forest.after(ids[0], &moved(Some(CategoryId::new())))), "invalid");

    let forest = forest.with(forest.after(ids[2], &moved(None)).unwrap());
    assert_eq!(forest.below(ids[2]), BTreeSet::from([ids[2], ids[3]]));
    assert_eq!(forest.below(ids[0]), BTreeSet::from([ids[0], ids[1]]));
}

#[test]
fn a_tree_has_a_bottom() {
    let (forest, ids) = chain(DEPTH_MAX);

    let deeper = forest.after(CategoryId::new(), &named("deep", ids.last().copied()));

    assert_eq!(code(deeper), "category_too_deep");
}

#[test]
fn no_two_categories_have_one_slug_and_a_new_one_gets_one() {
    let (forest, ids) = chain(2);

    assert_eq!(code(forest.after(CategoryId::new(), &named("C0", None))), "slug_taken");
    let slug = Edit { slug: Some("c1".into()), ..Edit::default() };
    assert_eq!(code(forest.after(ids[0], &slug)), "slug_taken");
    assert_eq!(forest.after(ids[1], &slug).unwrap(), forest.0[&ids[1]]);
    let made = forest.after(CategoryId::new(), &named("Tea & Coffee", None)).unwrap();
    assert_eq!((made.slug.as_str(), made.position, made.version), ("tea-coffee", 1, 0));
    assert_eq!(code(forest.after(CategoryId::new(), &named("!", None))), "invalid");
    assert_eq!(code(forest.after(CategoryId::new(), &moved(None))), "invalid");
}

#[test]
fn attributes_that_would_meet_in_a_product_have_different_names() {
    let (forest, ids) = chain(3);
    let forest = forest.with(forest.after(ids[1], &saying(&["Material", "Colour"])).unwrap());

    assert_eq!(code(forest.after(ids[0], &saying(&["colour"]))), "attribute_clash");
    assert_eq!(code(forest.after(ids[2], &saying(&["MATERIAL"]))), "attribute_clash");

    let beside = CategoryId::new();
    let forest = forest.with(forest.after(beside, &named("beside", None)).unwrap());
    let forest = forest.with(forest.after(beside, &saying(&["Colour"])).unwrap());
    assert_eq!(code(forest.after(ids[1], &moved(Some(beside)))), "attribute_clash");
    let names: Vec<String> = forest.definitions(ids[2]).into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["Material", "Colour"]);
}

#[test]
fn a_product_of_a_branch_has_at_most_fifty_attributes() {
    let (forest, ids) = chain(2);
    let names = |count: usize, start: &str| -> Vec<String> {
        (0..count).map(|number| format!("{start}{number}")).collect()
    };
    let say = |names: &[String]| saying(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let forest = forest.with(forest.after(ids[0], &say(&names(30, "a"))).unwrap());

    assert!(forest.after(ids[1], &say(&names(20, "b"))).is_ok());
    assert_eq!(code(forest.after(ids[1], &say(&names(21, "b")))), "too_many_attributes");
}

#[test]
fn of_new_definitions_those_fit_that_nothing_above_defines_and_no_more_than_there_is_room_for() {
    let (mut forest, ids) = chain(2);
    let all = |count: usize| (0..count).map(|at| format!("n{at}")).collect::<Vec<String>>();
    let define = |forest: &mut Forest, names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        forest.add(forest.after(ids[0], &saying(&names)).unwrap());
    };
    let new = saying(&["material", "Lid"]).attributes.unwrap();
    let fitting = |forest: &Forest| -> Vec<String> {
        forest.fitting(Some(ids[1]), &new).into_iter().map(|it| it.name).collect()
    };

    assert_eq!(forest.fitting(None, &new), new);
    define(&mut forest, &["Material".to_owned()]);
    assert_eq!(fitting(&forest), ["Lid"]);
    define(&mut forest, &all(ATTRIBUTES_MAX - 1));
    assert_eq!(fitting(&forest), ["material"]);
}

//! The tree of categories as the shop's people change it: never a circle, never too deep, and of
//! two attributes that meet in a product no two have one name.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    CategoryRef,
    attribute::{ATTRIBUTES_MAX, Definition},
    slug,
    typed::{self, is_same},
};
use crate::domain::{
    Error,
    error::Refusal,
    expected::Expected,
    id::CategoryId,
    patch::{self, Wrong},
};

/// The most categories that are made one by one: all are read when one is moved.
pub const CATEGORIES_MAX: usize = 5_000;
/// How many lie one below the other at most.
pub const DEPTH_MAX: usize = 10;
/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// The last place among those with one parent.
pub const POSITION_MAX: i32 = 1_000_000;

/// A category as the shop's people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AdminCategory)]
pub struct Kept {
    pub id: CategoryId,
    pub slug: String,
    pub name: String,
    pub parent_id: Option<CategoryId>,
    /// Its place among those with one parent.
    pub position: i32,
    /// Its own; its products have those of the categories above it too.
    pub attributes: Vec<Definition>,
    pub version: i64,
}

impl Kept {
    fn blank(id: CategoryId) -> Self {
        Kept {
            id,
            slug: String::new(),
            name: String::new(),
            parent_id: None,
            position: 0,
            attributes: Vec::new(),
            version: 0,
        }
    }

    fn describe(&mut self, edit: &Edit, is_new: bool, wrong: &mut Wrong) {
        if let Some(name) = edit.name.as_ref().or(is_new.then_some(&String::new())) {
            self.name = wrong.needed("name", name, NAME_CHARS_MAX);
        }
        match &edit.slug {
            Some(slug) => self.slug = slug::parse(wrong, slug),
            None if is_new => {
                self.slug = slug::of(&self.name);
                if self.slug.is_empty() && !self.name.is_empty() {
                    wrong.add("slug", "missing", "no slug can be made of this name");
                }
            }
            None => {}
        }
    }

    /// As a product shows it.
    pub fn shown(&self) -> CategoryRef {
        CategoryRef { id: self.id, slug: self.slug.clone(), name: self.name.clone() }
    }
}

/// What is to become of a category. What is left out stays; a parent of null makes it a root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = EditCategory)]
pub struct Edit {
    #[serde(deserialize_with = "patch::text")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Made of the name of a new one that has none.
    #[serde(deserialize_with = "patch::text")]
    pub slug: Option<String>,
    /// Moves it with all that is below it.
    #[serde(deserialize_with = "patch::given")]
    #[schema(value_type = Option<CategoryId>)]
    pub parent_id: Option<Option<CategoryId>>,
    /// Its place among those with one parent; a new one comes last.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub position: Option<i32>,
    /// All of its own.
    pub attributes: Option<Vec<Definition>>,
}

/// Makes a category.
#[derive(Debug, Clone)]
pub struct Create {
    pub id: CategoryId,
    /// It names a name.
    pub edit: Edit,
}

/// Changes or moves a category. `Conflict` where that would make a circle (`category_cycle`), where
/// attributes would meet that have one name, or products would have values that are wrong.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: CategoryId,
    pub expected: Expected,
    pub edit: Edit,
}

/// Takes a category away in which nothing is.
#[derive(Debug, Clone)]
pub struct Delete {
    pub id: CategoryId,
    pub expected: Expected,
}

/// What came of a [`Create`] or a [`Change`]; the two are equal where nothing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    pub before: Option<Kept>,
    pub after: Kept,
}

/// All categories at one moment.
#[derive(Debug, Clone, Default)]
pub struct Forest(BTreeMap<CategoryId, Kept>);

impl FromIterator<Kept> for Forest {
    fn from_iter<I: IntoIterator<Item = Kept>>(all: I) -> Self {
        Forest(all.into_iter().map(|it| (it.id, it)).collect())
    }
}

impl Forest {
    pub fn get(&self, id: CategoryId) -> Result<&Kept, Error> {
        self.0.get(&id).ok_or(Error::NotFound("category"))
    }

    /// The category itself and all above it, from it up to the root.
    pub fn path(&self, id: CategoryId) -> Vec<&Kept> {
        let mut path: Vec<&Kept> = Vec::new();
        let mut next = self.0.get(&id);
        while let Some(node) = next {
            path.push(node);
            // A circle that somebody has made with the database's own tools ends somewhere.
            let goes_on = path.len() <= self.0.len();
            next = node.parent_id.filter(|_| goes_on).and_then(|parent| self.0.get(&parent));
        }
        path
    }

    /// The category itself and all below it.
    pub fn below(&self, id: CategoryId) -> BTreeSet<CategoryId> {
        let mut children: BTreeMap<CategoryId, Vec<CategoryId>> = BTreeMap::new();
        for node in self.0.values() {
            if let Some(parent) = node.parent_id {
                children.entry(parent).or_default().push(node.id);
            }
        }
        let (mut below, mut open) = (BTreeSet::new(), vec![id]);
        while let Some(id) = open.pop() {
            if below.insert(id) {
                open.extend(children.get(&id).into_iter().flatten());
            }
        }
        below
    }

    /// What the products of a category can say of themselves: from the root down.
    pub fn definitions(&self, id: CategoryId) -> Vec<Definition> {
        self.path(id).into_iter().rev().flat_map(|node| node.attributes.clone()).collect()
    }

    /// Of these definitions of a category below `parent` those that go with what stands above it: a
    /// name that is defined there already means the same below it.
    pub fn fitting(&self, parent: Option<CategoryId>, new: &[Definition]) -> Vec<Definition> {
        let above = parent.map(|it| self.definitions(it)).unwrap_or_default();
        let is_free = |it: &&Definition| !above.iter().any(|other| is_same(&it.name, &other.name));
        let room = ATTRIBUTES_MAX.saturating_sub(above.len());
        new.iter().filter(is_free).take(room).cloned().collect()
    }

    /// Puts a category into it.
    pub fn add(&mut self, node: Kept) {
        self.0.insert(node.id, node);
    }

    /// The category after `edit`, at the version that it has. One that isn't there is a new one.
    pub fn after(&self, id: CategoryId, edit: &Edit) -> Result<Kept, Error> {
        let (known, mut wrong) = (self.0.get(&id), Wrong::default());
        let mut after = known.cloned().unwrap_or_else(|| Kept::blank(id));
        if known.is_none() && self.0.len() >= CATEGORIES_MAX {
            let message = format!("there are {CATEGORIES_MAX} categories");
            return Err(Error::conflict("too_many_categories", message));
        }
        after.describe(edit, known.is_none(), &mut wrong);
        self.place(edit, known.is_none(), &mut after, &mut wrong);
        if let Some(attributes) = &edit.attributes {
            after.attributes = typed::checked(attributes, &mut wrong);
        }
        wrong.none()?;
        self.fits(&after)?;
        Ok(after)
    }

    fn place(&self, edit: &Edit, is_new: bool, after: &mut Kept, wrong: &mut Wrong) {
        if let Some(parent) = edit.parent_id {
            if parent.is_some_and(|parent| !self.0.contains_key(&parent)) {
                wrong.add("parent_id", "unknown_category", "there is no such category");
            }
            after.parent_id = parent;
        }
        match edit.position {
            Some(position) => {
                wrong.within("position", position.into(), 0, POSITION_MAX.into());
                after.position = position;
            }
            None if is_new => after.position = self.last(after.parent_id),
            None => {}
        }
    }

    /// The same with this category as it is given.
    pub fn with(&self, node: Kept) -> Forest {
        let mut all = self.clone();
        all.add(node);
        all
    }

    fn last(&self, parent: Option<CategoryId>) -> i32 {
        let siblings = self.0.values().filter(|it| it.parent_id == parent);
        let last = siblings.map(|it| it.position).max();
        last.map_or(0, |it| it.saturating_add(1)).min(POSITION_MAX)
    }

    /// Whether the tree is one with `node` in it.
    fn fits(&self, node: &Kept) -> Result<(), Error> {
        if self.0.values().any(|it| it.id != node.id && it.slug == node.slug) {
            return Err(Error::conflict("slug_taken", "another category has this slug"));
        }
        let below = self.below(node.id);
        if node.parent_id.is_some_and(|parent| below.contains(&parent)) {
            let message = "a category cannot be below itself";
            return Err(Error::conflict("category_cycle", message));
        }
        // What was imported may be deeper, and does not stand in the way of other changes.
        let known = self.0.get(&node.id);
        let stays = |it: &Kept| it.parent_id == node.parent_id && it.attributes == node.attributes;
        if known.is_some_and(stays) {
            return Ok(());
        }
        let after = self.with(node.clone());
        below.into_iter().try_for_each(|id| after.branch(id))
    }

    /// Whether what lies above a category, and it, go together.
    fn branch(&self, id: CategoryId) -> Result<(), Error> {
        if self.path(id).len() > DEPTH_MAX {
            let message = format!("at most {DEPTH_MAX} categories lie one below the other");
            return Err(Error::conflict("category_too_deep", message));
        }
        let mut names = BTreeSet::new();
        for definition in self.definitions(id) {
            if !names.insert(definition.name.to_lowercase()) {
                let message = "a category above or below has an attribute of this name";
                let refusal = Refusal::new("attribute_clash", message);
                let refusal = refusal.with("attribute", definition.name);
                return Err(refusal.with("category_id", id.to_string()).into());
            }
        }
        if names.len() > ATTRIBUTES_MAX {
            let message = "a product would have more than 50 attributes";
            return Err(Error::conflict("too_many_attributes", message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

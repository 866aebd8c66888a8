//! The tree of categories, and which products are in each of them or below it.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use crate::domain::{
    catalogue::{Category, CategoryRef, change::Tree},
    id::CategoryId,
};

/// How deep a tree is followed: deeper than any that can be made, so that a circle would end.
const DEPTH_MAX: usize = 64;

/// The categories; products are known by their slots.
#[derive(Debug, Default)]
pub struct Categories {
    tree: Tree,
    by_id: HashMap<CategoryId, (CategoryRef, Option<CategoryId>)>,
    by_slug: HashMap<String, CategoryId>,
    /// Of each category the products in it and below it.
    products: HashMap<CategoryId, RoaringBitmap>,
}

impl Categories {
    /// Which version of the tree this is, 0 where there is none yet.
    pub fn version(&self) -> i64 {
        self.tree.version
    }

    /// The categories of another tree, with no products in them.
    pub fn of(tree: Tree) -> Self {
        let nodes = tree.nodes.iter();
        let by_id = nodes.map(|it| (it.category.id, (it.category.clone(), it.parent))).collect();
        let slugs = tree.nodes.iter();
        let by_slug = slugs.map(|it| (it.category.slug.clone(), it.category.id)).collect();
        Categories { tree, by_id, by_slug, products: HashMap::new() }
    }

    /// The category as it is called now.
    pub fn get(&self, id: CategoryId) -> Option<&CategoryRef> {
        self.by_id.get(&id).map(|(category, _)| category)
    }

    /// The products in a category and below it; none where no category has this slug.
    pub fn within(&self, slug: &str) -> Option<&RoaringBitmap> {
        self.products.get(self.by_slug.get(slug)?)
    }

    pub fn add(&mut self, category: CategoryId, slot: u32) {
        for id in self.upwards(category) {
            self.products.entry(id).or_default().insert(slot);
        }
    }

    pub fn remove(&mut self, category: CategoryId, slot: u32) {
        for id in self.upwards(category) {
            if let Some(products) = self.products.get_mut(&id) {
                products.remove(slot);
            }
        }
    }

    /// The category and all above it.
    fn upwards(&self, category: CategoryId) -> Vec<CategoryId> {
        let parent = |id: &CategoryId| self.by_id.get(id).and_then(|(_, parent)| *parent);
        std::iter::successors(Some(category), parent).take(DEPTH_MAX).collect()
    }

    /// The tree as shoppers see it.
    pub fn shown(&self) -> Vec<Category> {
        let mut below: HashMap<Option<CategoryId>, Vec<&CategoryRef>> = HashMap::new();
        for node in &self.tree.nodes {
            below.entry(node.parent).or_default().push(&node.category);
        }
        self.branches(&below, None, DEPTH_MAX)
    }

    fn branches(
        &self,
        below: &HashMap<Option<CategoryId>, Vec<&CategoryRef>>,
        parent: Option<CategoryId>,
        depth: usize,
    ) -> Vec<Category> {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        let branch = |category: &&CategoryRef| Category {
            id: category.id,
            slug: category.slug.clone(),
            name: category.name.clone(),
            parent_id: parent,
            product_count: self
                .products
                .get(&category.id)
                .map_or(0, |it| i64::try_from(it.len()).unwrap_or(i64::MAX)),
            children: self.branches(below, Some(category.id), depth),
        };
        below.get(&parent).into_iter().flatten().map(branch).collect()
    }
}

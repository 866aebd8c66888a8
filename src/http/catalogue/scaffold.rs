//! Lists by a naive scan until the read model is there.

use crate::{
    domain::{
        Error,
        catalogue::{
            Category, Product,
            change::{Changes, Node},
            listing::{Filter, ListingKey, Sort},
            stock::StockStatus,
        },
        id::CategoryId,
        page::Page,
    },
    store::{Store, read},
};

async fn all(store: &Store) -> Result<(Vec<Node>, Vec<Product>), Error> {
    let (nodes, products) = (
        std::sync::Arc::new(std::sync::Mutex::new(Vec::new())),
        std::sync::Arc::new(std::sync::Mutex::new(Vec::new())),
    );
    let (a, b) = (nodes.clone(), products.clone());
    let tell = move |changes: Changes| {
        if let (Some(tree), Ok(mut nodes)) = (changes.tree, a.lock()) {
            nodes.extend(tree.nodes);
        }
        if let Ok(mut products) = b.lock() {
            products.extend(
                changes.products.into_iter().filter_map(|it| it.shown).map(|it| it.product),
            );
        }
    };
    read!(store, catalogue::all(tell))?;
    let nodes = nodes.lock().map(|it| it.clone()).unwrap_or_default();
    let products = products.lock().map(|it| it.clone()).unwrap_or_default();
    Ok((nodes, products))
}

pub async fn categories(store: &Store) -> Result<Vec<Category>, Error> {
    let (nodes, products) = all(store).await?;
    Ok(branches(&nodes, &products, None))
}

fn branches(nodes: &[Node], products: &[Product], parent: Option<CategoryId>) -> Vec<Category> {
    let below = nodes.iter().filter(|node| node.parent == parent);
    below
        .map(|node| {
            let children = branches(nodes, products, Some(node.category.id));
            let own = products.iter().filter(|it| it.category.id == node.category.id).count();
            let product_count = children
                .iter()
                .map(|it| it.product_count)
                .sum::<i64>()
                .saturating_add(i64::try_from(own).unwrap_or(0));
            Category {
                id: node.category.id,
                slug: node.category.slug.clone(),
                name: node.category.name.clone(),
                parent_id: parent,
                product_count,
                children,
            }
        })
        .collect()
}

pub async fn list(
    store: &Store,
    filter: Filter,
    sort: Sort,
    page: Page<ListingKey>,
) -> Result<(Vec<Product>, Option<ListingKey>, i64), Error> {
    let (nodes, mut products) = all(store).await?;
    if let Some(slug) = &filter.category {
        let mut within: Vec<CategoryId> =
            nodes.iter().filter(|it| it.category.slug == *slug).map(|it| it.category.id).collect();
        for _ in 0..nodes.len() {
            let more: Vec<CategoryId> = nodes
                .iter()
                .filter(|it| {
                    it.parent.is_some_and(|id| within.contains(&id))
                        && !within.contains(&it.category.id)
                })
                .map(|it| it.category.id)
                .collect();
            within.extend(more);
        }
        products.retain(|it| within.contains(&it.category.id));
    }
    let words: Vec<String> =
        filter.query.iter().flat_map(|it| it.split_whitespace()).map(str::to_lowercase).collect();
    products.retain(|it| {
        let name = format!(" {}", it.name.to_lowercase());
        words.iter().all(|word| name.contains(&format!(" {word}")))
            && filter.price_min.is_none_or(|min| it.price_from.amount >= min)
            && filter.price_max.is_none_or(|max| it.price_from.amount <= max)
            && (!filter.in_stock
                || it.variants.iter().any(|it| it.stock.status != StockStatus::OutOfStock))
    });
    let key = |it: &Product| match sort {
        Sort::PriceUp => it.price_from.amount,
        Sort::PriceDown => it.price_from.amount.saturating_neg(),
        Sort::Newest | Sort::Relevance | Sort::Rating | Sort::Popular => 0,
    };
    products.sort_by_key(|it| (key(it), std::cmp::Reverse(it.id)));
    let total = i64::try_from(products.len()).unwrap_or(0);
    if let Some(after) = &page.after {
        products.retain(|it| {
            (key(it), std::cmp::Reverse(it.id)) > (after.key, std::cmp::Reverse(after.id))
        });
    }
    let limit = usize::try_from(page.limit).unwrap_or(0);
    let more = products.len() > limit;
    products.truncate(limit);
    let next =
        products.last().filter(|_| more).map(|it| ListingKey { sort, key: key(it), id: it.id });
    Ok((products, next, total))
}

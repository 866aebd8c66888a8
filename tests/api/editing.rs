//! The back office: what those who run the shop change, over the wire.

use serde_json::{Value, json};

use crate::support::{client::Client, purchase::euros};

mod attribute;
mod category;
mod product;
mod stock;
mod variant;

impl Client {
    /// A category that was made with these fields.
    async fn category(&self, body: Value) -> Value {
        self.post("/admin/categories", body).await.is(201)
    }

    /// A product that was made with these fields, in a category of its own if they name none.
    async fn product(&self, mut body: Value) -> Value {
        if body["category_id"].is_null() {
            let name = format!("For {}", body["name"].as_str().unwrap());
            body["category_id"] = self.category(json!({ "name": name })).await["id"].clone();
        }
        self.post("/admin/products", body).await.is(201)
    }

    /// The same, published with one variant, of which there are ten.
    async fn kettle(&self) -> Value {
        let variant = json!({ "sku": "KETTLE", "price": euros(2_500), "on_hand": 10 });
        let body = json!({ "name": "Kettle", "status": "published", "variants": [variant] });
        self.product(body).await
    }
}

/// Where those who run the shop find a product.
fn path(product: &Value) -> String {
    format!("/admin/products/{}", product["id"].as_str().unwrap())
}

/// Where they find its variant at this place.
fn variant_path(product: &Value, at: usize) -> String {
    format!("/admin/variants/{}", product["variants"][at]["id"].as_str().unwrap())
}

/// Where they find a category.
fn category_path(category: &Value) -> String {
    format!("/admin/categories/{}", category["id"].as_str().unwrap())
}

/// The `ETag` of a product or a category.
fn tag(of: &Value) -> String {
    format!("\"{}\"", of["version"])
}

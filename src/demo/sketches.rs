//! The pictures, a file for each category.

pub mod apparel;
pub mod camping;
pub mod cookware;
pub mod garden;
pub mod lighting;
pub mod stationery;
pub mod tea_coffee;
pub mod textiles;

//! What the demo shop sells, a file for each category.

mod apparel;
mod camping;
mod cookware;
mod garden;
mod lighting;
mod stationery;
mod tea_coffee;
mod textiles;

use super::item::Shelf;

pub const ALL: [&Shelf; 8] = [
    &tea_coffee::SHELF,
    &cookware::SHELF,
    &lighting::SHELF,
    &textiles::SHELF,
    &camping::SHELF,
    &garden::SHELF,
    &stationery::SHELF,
    &apparel::SHELF,
];

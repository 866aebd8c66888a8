//! The tables, as both databases have them; the migrations are where they are made.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! { users (id) {
    id -> Text, email -> Text, email_confirmed_at -> Nullable<Timestamp>, password_hash -> Text,
    name -> Text, phone -> Nullable<Text>, locale -> Text, role -> Text, status -> Text,
    settings -> Text, created_at -> Timestamp, updated_at -> Timestamp,
    suspended_until -> Nullable<Timestamp>,
} }

table! { sessions (id) {
    id -> Text, user_id -> Text, user_agent -> Nullable<Text>, address -> Nullable<Text>,
    created_at -> Timestamp, last_seen_at -> Timestamp, expires_at -> Timestamp,
    revoked_at -> Nullable<Timestamp>, device -> Text, network -> Text,
    end_reason -> Nullable<Text>,
} }

table! { refresh_tokens (hash) {
    hash -> Text, session_id -> Text, issued_at -> Timestamp, spent_at -> Nullable<Timestamp>,
} }

table! { links (id) {
    id -> Text, purpose -> Text, user_id -> Nullable<Text>, email -> Text,
    created_at -> Timestamp, expires_at -> Timestamp, used_at -> Nullable<Timestamp>,
} }

table! { addresses (id) {
    id -> Text, user_id -> Text, name -> Text, line1 -> Text, line2 -> Nullable<Text>,
    city -> Text, region -> Nullable<Text>, postal_code -> Text, country -> Text,
    phone -> Nullable<Text>, is_default -> Bool, created_at -> Timestamp, updated_at -> Timestamp,
} }

table! { categories (id) {
    id -> Text, parent_id -> Nullable<Text>, slug -> Text, name -> Text, position -> Integer,
    version -> BigInt,
} }

table! { category_tree (id) { id -> Integer, version -> BigInt, } }

table! { category_attributes (category_id, name) {
    category_id -> Text, name -> Text, position -> Integer, kind -> Text, unit -> Nullable<Text>,
    required -> Bool, choices -> Text,
} }

table! { products (id) {
    id -> Text, slug -> Text, name -> Text, description -> Text, brand -> Nullable<Text>,
    category_id -> Text, attributes -> Text, status -> Text, version -> BigInt,
    created_at -> Timestamp, updated_at -> Timestamp, description_html -> Nullable<Text>,
} }

table! { variants (id) {
    id -> Text, product_id -> Text, position -> Integer, sku -> Text, name -> Text,
    options -> Text, price -> BigInt, compare_at_price -> Nullable<BigInt>,
    weight_grams -> BigInt, low_threshold -> BigInt, removed_at -> Nullable<Timestamp>,
} }

table! { price_history (id) {
    id -> Text, variant_id -> Text, price -> BigInt, compare_at_price -> Nullable<BigInt>,
    at -> Timestamp,
} }

table! { stock (variant_id) {
    variant_id -> Text, on_hand -> BigInt, reserved -> BigInt, sold -> BigInt, version -> BigInt,
} }

table! { stock_ledger (id) {
    id -> Text, variant_id -> Text, units -> BigInt, reason -> Text, order_id -> Nullable<Text>,
    at -> Timestamp,
} }

table! { ratings (product_id) {
    product_id -> Text, ones -> BigInt, twos -> BigInt, threes -> BigInt, fours -> BigInt,
    fives -> BigInt, version -> BigInt,
} }

table! { reviews (id) {
    id -> Text, product_id -> Text, user_id -> Text, rating -> Integer, title -> Nullable<Text>,
    body -> Nullable<Text>, status -> Text, hidden_reason -> Nullable<Text>, verified -> Bool,
    created_at -> Timestamp, updated_at -> Timestamp,
} }

table! { images (key) {
    key -> Text, content_type -> Text, width -> Integer, height -> Integer, bytes -> Binary,
} }

table! { image_sizes (key, width) {
    key -> Text, width -> Integer, content_type -> Nullable<Text>, bytes -> Nullable<Binary>,
} }

table! { product_images (product_id, position) {
    product_id -> Text, position -> Integer, image_key -> Text, alt -> Text,
} }

table! { carts (id) {
    id -> Text, version -> BigInt, updated_at -> Timestamp, expires_at -> Timestamp,
    codes -> Text, held_until -> Nullable<Timestamp>,
} }

table! { cart_items (id) {
    id -> Text, cart_id -> Text, variant_id -> Text, quantity -> BigInt, price_seen -> BigInt,
    held -> BigInt,
} }

table! { promotions (id) {
    id -> Text, code -> Nullable<Text>, kind -> Text, value -> BigInt,
    min_total -> Nullable<BigInt>, usage_limit -> Nullable<BigInt>,
    per_customer_limit -> Nullable<BigInt>, starts_at -> Nullable<Timestamp>,
    ends_at -> Nullable<Timestamp>, products -> Text, categories -> Text, used -> BigInt,
    is_active -> Bool, version -> BigInt, created_at -> Timestamp, updated_at -> Timestamp,
} }

table! { redemptions (order_id, promotion_id) {
    promotion_id -> Text, order_id -> Text, customer -> Text, at -> Timestamp,
} }

table! { tariffs (id) {
    id -> Integer, version -> BigInt, document -> Text, updated_at -> Timestamp,
} }

table! { orders (id) {
    id -> Text, number -> Text, user_id -> Nullable<Text>, cart_id -> Text,
    cart_version -> BigInt, email -> Nullable<Text>, status -> Text, version -> BigInt,
    sequence -> BigInt, currency -> Text, subtotal -> BigInt, discount -> BigInt, tax -> BigInt,
    delivery_price -> BigInt, total -> BigInt, address -> Text, delivery_method -> Text,
    expires_at -> Timestamp, placed_at -> Timestamp, updated_at -> Timestamp, stage -> Text,
    tax_included -> BigInt, promotions -> Text, days_min -> BigInt, days_max -> BigInt,
    language -> Nullable<Text>,
} }

table! { order_lines (id) {
    id -> Text, order_id -> Text, position -> Integer, variant_id -> Text, product_id -> Text,
    name -> Text, sku -> Text, options -> Text, quantity -> BigInt, unit_price -> BigInt,
    line_total -> BigInt, discount -> BigInt, tax -> BigInt, tax_included -> BigInt,
    refunded -> BigInt, returned -> BigInt, shipped -> BigInt,
} }

table! { payments (id) {
    id -> Text, order_id -> Text, status -> Text, amount -> BigInt, refunded -> BigInt,
    currency -> Text, failure_code -> Nullable<Text>, attempt -> Integer,
    token -> Nullable<Text>, reference -> Nullable<Text>,
    confirm_key -> Nullable<Text>, confirm_request -> Nullable<Text>, due_task -> Nullable<Text>,
    due_at -> Nullable<Timestamp>, created_at -> Timestamp, provider -> Text, tries -> Integer,
} }

table! { refunds (id) {
    id -> Text, order_id -> Text, amount -> BigInt, currency -> Text, status -> Text,
    reason -> Nullable<Text>, items -> Text, created_at -> Timestamp,
    done_at -> Nullable<Timestamp>, claim_key -> Nullable<Text>,
    claim_request -> Nullable<Text>, failure_code -> Nullable<Text>,
} }

table! { returns (id) {
    id -> Text, order_id -> Text, status -> Text, reason -> Text, items -> Text,
    received -> Text, created_at -> Timestamp, received_at -> Nullable<Timestamp>,
} }

table! { payment_ledger (id) {
    id -> Text, payment_id -> Text, kind -> Text, amount -> BigInt, currency -> Text,
    at -> Timestamp,
} }

table! { deliveries (id) {
    id -> Text, order_id -> Text, status -> Text, method -> Text,
    tracking_number -> Nullable<Text>, carrier -> Nullable<Text>, eta -> Nullable<Timestamp>,
    due_at -> Nullable<Timestamp>, steps_done -> Integer, location -> Nullable<Text>,
    is_called_off -> Bool, attempts -> Integer, stops -> Integer, courier_id -> Nullable<Text>,
    code -> Nullable<Text>, wrong_codes -> Integer, position -> Nullable<Text>,
    positions -> BigInt,
} }

table! { delivery_items (delivery_id, line_id) {
    delivery_id -> Text, line_id -> Text, quantity -> BigInt,
} }

table! { idempotency_keys (key) {
    key -> Text, request -> Text, outcome -> Text, created_at -> Timestamp,
} }

table! { events (id) {
    id -> Text, order_id -> Nullable<Text>, sequence -> Nullable<BigInt>,
    user_id -> Nullable<Text>, kind -> Text, at -> Timestamp, data -> Text,
    place -> Nullable<BigInt>, user_place -> Nullable<BigInt>,
} }

table! { mails (id) {
    id -> Text, user_id -> Nullable<Text>, recipient -> Text, name -> Text, locale -> Text,
    letter -> Text, status -> Text, attempts -> Integer, claim -> Nullable<Text>,
    due_at -> Nullable<Timestamp>, created_at -> Timestamp, updated_at -> Timestamp,
    order_id -> Nullable<Text>,
} }

table! { notifications (id) {
    id -> Text, user_id -> Text, kind -> Text, data -> Text, created_at -> Timestamp,
    read_at -> Nullable<Timestamp>,
} }

table! { inboxes (user_id) { user_id -> Text, kept -> BigInt, unread -> BigInt, } }

table! { push_subscriptions (id) {
    id -> Text, user_id -> Text, endpoint -> Text, p256dh -> Text, auth -> Text,
    created_at -> Timestamp,
} }

table! { dispatches (id) {
    id -> Text, user_id -> Text, channel -> Text, subscription_id -> Nullable<Text>,
    phone -> Nullable<Text>, kind -> Text, data -> Text, language -> Text, status -> Text,
    attempts -> Integer, claim -> Nullable<Text>, due_at -> Nullable<Timestamp>,
    created_at -> Timestamp, updated_at -> Timestamp,
} }

table! { push_keys (id) { id -> Integer, private_key -> Text, created_at -> Timestamp, } }

table! { stock_alerts (id) {
    id -> Text, variant_id -> Text, user_id -> Nullable<Text>, email -> Nullable<Text>,
    language -> Nullable<Text>, created_at -> Timestamp, told_at -> Nullable<Timestamp>,
} }

table! { audit (sequence) {
    sequence -> BigInt, format -> Integer, at -> Timestamp, actor -> Text,
    session_id -> Nullable<Text>, address -> Nullable<Text>, request_id -> Nullable<Text>,
    action -> Text, object_kind -> Text, object_id -> Nullable<Text>, before -> Nullable<Text>,
    after -> Nullable<Text>, hash -> Text,
} }

table! { audit_index (sequence) {
    sequence -> BigInt, at -> Timestamp, actor -> Text, action -> Text, object_kind -> Text,
    object_id -> Nullable<Text>,
} }
table! { webhooks (id) {
    id -> Text, url -> Text, description -> Text, types -> Text, after_place -> BigInt,
    secret_id -> Text, old_secret_id -> Nullable<Text>, old_until -> Nullable<Timestamp>,
    disabled_at -> Nullable<Timestamp>, disabled_reason -> Nullable<Text>,
    failing_since -> Nullable<Timestamp>, version -> BigInt, created_at -> Timestamp,
    updated_at -> Timestamp,
} }

table! { webhook_deliveries (webhook_id, event_id) {
    webhook_id -> Text, event_id -> Text, place -> BigInt, kind -> Text, body -> Text,
    status -> Text, attempts -> Integer, tries -> Integer, claim -> Nullable<Text>,
    due_at -> Nullable<Timestamp>, http_status -> Nullable<Integer>, error -> Nullable<Text>,
    answer -> Nullable<Text>, duration_ms -> Nullable<BigInt>, created_at -> Timestamp,
    updated_at -> Timestamp,
} }

table! { presences (node) { node -> Text, note -> Text, } }

table! { epochs (epoch) { epoch -> Text, boot -> Nullable<Text>, } }

table! { cursors (consumer) { consumer -> Text, place -> BigInt, } }

joinable!(products -> categories (category_id));
joinable!(variants -> products (product_id));
joinable!(stock -> variants (variant_id));
joinable!(stock_alerts -> variants (variant_id));
joinable!(ratings -> products (product_id));
joinable!(reviews -> users (user_id));
joinable!(product_images -> images (image_key));
joinable!(cart_items -> variants (variant_id));
joinable!(order_lines -> orders (order_id));
joinable!(payments -> orders (order_id));
joinable!(deliveries -> orders (order_id));
joinable!(delivery_items -> deliveries (delivery_id));
joinable!(delivery_items -> order_lines (line_id));
joinable!(sessions -> users (user_id));
joinable!(webhook_deliveries -> webhooks (webhook_id));
joinable!(refresh_tokens -> sessions (session_id));
joinable!(audit_index -> audit (sequence));
allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    refresh_tokens,
    categories,
    products,
    variants,
    stock,
    stock_alerts,
    ratings,
    reviews,
    product_images,
    images,
    cart_items,
    carts,
    orders,
    order_lines,
    payments,
    deliveries,
    delivery_items,
    events,
    promotions,
    tariffs,
    webhooks,
    webhook_deliveries,
    audit,
    audit_index,
);

//! The tables `images` and `image_sizes`. What stands in them is never changed.

use bytes::Bytes;
use diesel::prelude::*;

use super::{Conn, Tx};
use crate::{
    domain::{
        Error,
        image::{ImageFile, ImageKey, Keep, KeepSize, Size, Width},
    },
    store::{
        error::corrupt,
        schema::{image_sizes, images},
    },
};

#[derive(Insertable)]
#[diesel(table_name = images)]
struct Row<'r> {
    key: String,
    content_type: &'r str,
    width: i32,
    height: i32,
    bytes: &'r [u8],
}

#[derive(Insertable)]
#[diesel(table_name = image_sizes)]
struct SizeRow<'r> {
    key: String,
    width: i32,
    content_type: Option<&'r str>,
    bytes: Option<&'r [u8]>,
}

/// An image as it is kept, or `NotFound`.
pub fn get(conn: &mut Conn, key: ImageKey) -> Result<ImageFile, Error> {
    let found: Option<(String, Vec<u8>)> = images::table
        .find(key.to_string())
        .select((images::content_type, images::bytes))
        .first(conn)
        .optional()?;
    let (content_type, bytes) = found.ok_or(Error::NotFound("image"))?;
    file(&content_type, bytes)
}

/// An image in a width, if that has been made; `NotFound` where there is no such image.
pub fn find_size(conn: &mut Conn, key: ImageKey, width: Width) -> Result<Option<Size>, Error> {
    let (key, wanted) = (key.to_string(), i32::from(width.get()));
    let whole: Option<i32> =
        images::table.find(&key).select(images::width).first(conn).optional()?;
    if whole.ok_or(Error::NotFound("image"))? <= wanted {
        return Ok(Some(Size::Original));
    }
    let found: Option<(Option<String>, Option<Vec<u8>>)> = image_sizes::table
        .find((key, wanted))
        .select((image_sizes::content_type, image_sizes::bytes))
        .first(conn)
        .optional()?;
    match found {
        Some((Some(content_type), Some(bytes))) => {
            Ok(Some(Size::Made(file(&content_type, bytes)?)))
        }
        Some(_) => Ok(Some(Size::Original)),
        None => Ok(None),
    }
}

fn file(content_type: &str, bytes: Vec<u8>) -> Result<ImageFile, Error> {
    let kind = content_type.parse().map_err(corrupt)?;
    Ok(ImageFile { kind, bytes: Bytes::from(bytes) })
}

pub fn keep(tx: &mut Tx<'_>, Keep(picture): &Keep) -> Result<bool, Error> {
    let (content_type, bytes) = (picture.file.kind.as_str(), &picture.file.bytes);
    let (width, height) = (picture.width, picture.height);
    insert(tx, &Row { key: picture.key.to_string(), content_type, width, height, bytes })
}

/// Whether it was not there before.
fn insert(tx: &mut Tx<'_>, row: &Row<'_>) -> Result<bool, Error> {
    let insert = diesel::insert_into(images::table).values(row).on_conflict_do_nothing();
    Ok(insert.execute(tx.conn)? > 0)
}

pub fn keep_size(tx: &mut Tx<'_>, command: &KeepSize) -> Result<(), Error> {
    let made = match &command.size {
        Size::Original => None,
        Size::Made(file) => Some(file),
    };
    let row = SizeRow {
        key: command.key.to_string(),
        width: i32::from(command.width.get()),
        content_type: made.map(|file| file.kind.as_str()),
        bytes: made.map(|file| &*file.bytes),
    };
    diesel::insert_into(image_sizes::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    Ok(())
}

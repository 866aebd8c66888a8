//! The desk of those who run the shop: what happens, how it goes, and who is looking. The page itself is
//! anybody's; what it shows is asked for by whoever logs in on it.

use actix_web::{HttpRequest, HttpResponse, web::Path};

use super::{File, files, page};
use crate::{
    domain::Error,
    http::{
        error::Answered,
        etag,
        extract::{Auth, Public},
    },
};

const PAGE: File = File { name: "index.html", text: include_str!("../../web/admin/index.html") };

/// What the page loads besides files of the storefront.
const FILES: &[File] = files! { "admin":
    "admin.css" "main.js" "feed.js" "figures.js" "kinds.js" "order.js" "presence.js" "session.js"
};

/// The live feed of those who run the shop.
#[utoipa::path(
    get, path = "/admin", tag = "pages",
    responses((status = 200, description = "The page", content_type = "text/html", body = String))
)]
pub async fn admin_page(_: Auth<Public>, request: HttpRequest) -> HttpResponse {
    page(&request, &PAGE)
}

/// What that page is made of: scripts and styles.
#[utoipa::path(
    get, path = "/admin/files/{file}", tag = "pages",
    responses((status = 200, description = "The file", content_type = "text/*", body = String))
)]
pub async fn admin_file(_: Auth<Public>, request: HttpRequest, name: Path<String>) -> Answered {
    let file = FILES.iter().find(|file| file.name == *name).ok_or(Error::NotFound("file"))?;
    Ok(etag::revalidated(&request, file.content_type(), file.text))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;
    use crate::domain::event::Kind;

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/web/admin");
        let there = fs::read_dir(folder).unwrap();
        let there = there.map(|it| it.unwrap().file_name().into_string().unwrap());

        let served = FILES.iter().chain([&PAGE]).map(|file| file.name.to_owned());
        assert_eq!(served.collect::<BTreeSet<_>>(), there.collect::<BTreeSet<_>>());
    }

    #[test]
    fn what_can_be_chosen_is_every_type_of_event_once() {
        let kinds = FILES.iter().find(|it| it.name == "kinds.js").unwrap();
        let quoted = kinds.text.split('"').skip(1).step_by(2).filter(|it| it.contains('.'));
        let mut chosen: Vec<_> = quoted.collect();
        let mut all: Vec<_> = Kind::ALL.iter().map(|it| it.as_str()).collect();
        chosen.sort_unstable();
        all.sort_unstable();
        assert_eq!(chosen, all);
    }

    #[test]
    fn the_page_names_every_script_and_style() {
        for file in FILES {
            let named = format!("\"/admin/files/{}\"", file.name);
            assert!(PAGE.text.contains(&named), "{}", file.name);
        }
    }
}

//! The program.

use rialto::{app::App, config::Config, store};

fn main() {
    actix_web::rt::System::new().block_on(async {
        let (config, _) = Config::load().unwrap();
        rialto::logging::start(&config).unwrap();
        std::fs::create_dir_all(&config.data_dir).unwrap();
        store::migrate(&(&config.database).into(), store::Migration::Up).unwrap();
        App::build(&config).await.unwrap().run().await.unwrap();
    })
}

//! What the platform is told to ask, asked of the product itself.

use std::path::Path;

use toml::{Table, Value};

use crate::house::House;

/// The paths of all checks of a file for Fly.
fn checks(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the file");
    let fly: Table = text.parse().expect("toml");
    let service = fly["http_service"]["checks"].as_array().expect("a list").iter();
    let own = fly["checks"].as_table().expect("a table").values();
    let path = |check: &Value| check["path"].as_str().expect("a path").to_owned();
    service.chain(own).map(path).collect()
}

#[actix_web::test]
async fn every_check_of_the_platform_is_answered_well() {
    let house = House::start().await;
    for file in ["fly.toml", "deploy/fly.postgres.toml"] {
        let checks = checks(file);
        assert_eq!(checks.len(), 2, "{file}");
        for path in checks {
            assert_eq!(house.get(&path).await.0, 200, "{file}: {path}");
        }
    }
    house.ends().await;
}

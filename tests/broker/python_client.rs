//! The stock client of Python as a real process, over polling, over a WebSocket, and from one to the other.

use std::process::Command;

use crate::asker;
use crate::echoing::{CALM, with_doors};
use crate::programs::Program;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/protocol_echo.py");

#[actix_web::test]
async fn the_python_client_connects_unmodified_on_any_transport() {
    let Ok(python) = std::env::var("RECADO_TEST_PYTHON") else {
        let required = std::env::var("RECADO_TEST_TOOLS").is_ok_and(|value| value == "required");
        assert!(!required, "test.sh says where the python of the tests is");
        return eprintln!("skipped: RECADO_TEST_PYTHON is not set");
    };
    let mut settings = CALM.to_vec();
    settings.extend([("RECADO_DOORS__CHAT__HEARTBEAT_MS", "500"), ("RECADO_SERVER__WORKERS", "2")]);
    let house = with_doors(&settings, asker::annex).await;
    for (transports, last) in
        [("polling", "polling"), ("websocket", "websocket"), ("polling,websocket", "websocket")]
    {
        let mut command = Command::new(&python);
        command.arg(SCRIPT).args([&house.http_url(""), transports]);
        let mut program = Program::start(command);
        let said = program.says(|_| true).await;
        assert_eq!(said["done"], last, "{transports}: {}", said["failed"]);
        assert_eq!(program.ends().await.code, Some(0));
    }
    house.ends().await;
}

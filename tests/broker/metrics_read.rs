//! What Prometheus's own programs make of the figures, scraped while people talk.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::minutes::all_leave;
use crate::programs::has;
use crate::scrape::{CLASSIC, OPEN_METRICS, Scrape, observed};

/// Reads OpenMetrics as strictly as the format is defined; prints how many families there are.
const PARSER: &str = "import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
print(len(list(families(sys.stdin.read()))))";

/// Runs a program on this text: whether it was content, and all it said.
fn reads(mut program: Command, text: &str) -> (bool, String) {
    let piped = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("it takes the text");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// What is told after a little of everything.
async fn scraped(form: &str) -> Scrape {
    let house = observed(&[]).await;
    let mut ann = house.widget_with_extras("ann", "chat_1").await;
    ann.insists("hello", "t1").await;
    ann.sends_text("no frame").await;
    house.dies("archive").await;
    let mut forger = house.connects("/?token=forged").await;
    forger.is_closed().await;
    ann.settles().await;
    let told = Scrape::in_form(&house, form).await;
    all_leave([ann, forger]).await;
    house.ends().await;
    told
}

#[actix_web::test]
async fn promtool_finds_nothing_wrong_with_the_text() {
    if !has("promtool", Path::new("/")) {
        return;
    }
    let told = scraped(CLASSIC).await;
    assert!(told.media_type.starts_with(CLASSIC), "{}", told.media_type);
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]);
    assert_eq!(reads(promtool, &told.text), (true, String::new()), "{}", told.text);
}

#[actix_web::test]
async fn the_python_client_reads_all_of_it_as_open_metrics() {
    let Ok(python) = std::env::var("RECADO_TEST_PYTHON") else {
        let required = std::env::var("RECADO_TEST_TOOLS").is_ok_and(|value| value == "required");
        assert!(!required, "test.sh says where the python of the tests is");
        return eprintln!("skipped: RECADO_TEST_PYTHON is not set");
    };
    let told = scraped(OPEN_METRICS).await;
    assert!(told.media_type.starts_with(OPEN_METRICS), "{}", told.media_type);
    let declared = told.text.lines().filter(|line| line.starts_with("# TYPE ")).count();
    let mut parser = Command::new(python);
    parser.args(["-c", PARSER]);
    assert_eq!(reads(parser, &told.text), (true, format!("{declared}\n")), "{}", told.text);
}

//! `recado doctor`: examines a deployment from outside, as its clients meet it, and says what to mend.
//!
//! It guarantees to leave nothing behind: a few requests and sockets, one at a time, and no message is posted.

mod finding;
mod line;
mod socket;
mod web;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use reqwest::{Client, Url, redirect};

use super::{answer, fail};
use finding::{Finding, Verdict};
use socket::Watch;

/// The longest wait for any one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Behind the longest idle limit that proxies are known for, a minute.
const IDLE_SECONDS: u32 = 75;

#[derive(Args)]
pub(super) struct DoctorWish {
    /// Address of the deployment, as in https://chat.example.com.
    #[arg(value_name = "URL")]
    url: Url,
    /// A token the deployment should accept (`recado token` makes one where the secret is); $DOCTOR_TOKEN if not given.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// The Origin of the site the widget stands on.
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// How long a connection is left idle; 0 leaves that out.
    #[arg(long, value_name = "SECONDS", default_value_t = IDLE_SECONDS, value_parser = clap::value_parser!(u32).range(..=3600))]
    idle: u32,
    /// Then stay connected up to this long for a deploy or restart you begin, and judge the goodbye.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    drain: Option<u32>,
}

/// The deployment under examination.
struct Patient {
    client: Client,
    url: Url,
    token: Option<String>,
    origin: Option<String>,
}

impl Patient {
    fn new(wish: &DoctorWish) -> anyhow::Result<Self> {
        anyhow::ensure!(
            matches!(wish.url.scheme(), "http" | "https"),
            "the address begins with http or https"
        );
        anyhow::ensure!(wish.url.has_host(), "the address names no host");
        let client = Client::builder()
            .http1_only()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .build()?;
        // On a command line others may read it; in the environment only we do.
        let token = wish.token.clone().or_else(|| std::env::var("DOCTOR_TOKEN").ok());
        let origin = wish.origin.clone();
        Ok(Self { client, url: wish.url.clone(), token, origin })
    }

    /// An address at the deployment.
    fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url
    }
}

pub(super) fn run(wish: &DoctorWish) -> ExitCode {
    let patient = match Patient::new(wish) {
        Ok(patient) => patient,
        Err(error) => return fail(&format_args!("{error:#}")),
    };
    let ill = actix_rt::System::new().block_on(examine(&patient, wish));
    match ill {
        0 => answer("nothing to mend"),
        1 => fail(&"one thing to mend"),
        count => fail(&format_args!("{count} things to mend")),
    }
}

/// Tells each finding as it is made; how many are bad.
async fn examine(patient: &Patient, wish: &DoctorWish) -> usize {
    let mut ill: usize = 0;
    let mut note = |finding: Finding| {
        ill = ill.saturating_add(usize::from(finding.verdict == Verdict::Ill));
        answer(&finding.to_string());
    };
    let Some(health) = web::reach(patient).await.map_or_else(
        |finding| {
            note(finding);
            None
        },
        Some,
    ) else {
        return ill;
    };
    note(web::status(&health));
    note(web::clock(&health));
    note(web::ready(patient).await);
    note(web::hidden(patient).await);
    note(socket::upgrade(patient).await);
    note(socket::forged(patient).await);
    note(socket::stranger(patient).await);
    note(socket::compression(patient).await);
    note(socket::welcome(patient).await);
    if let Some(watch) = Watch::idle(wish.idle) {
        note(socket::stay(patient, watch, || {}).await);
    }
    if let Some(watch) = wish.drain.map(Watch::drain) {
        let begin = || _ = answer("      drain        connected: begin the deploy or restart now");
        note(socket::stay(patient, watch, begin).await);
    }
    ill
}

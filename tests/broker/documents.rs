//! Documents that several edit at once, on stock `y-websocket` providers as real processes.

use serde_json::json;

use crate::editor::{Editor, SERVED, house, pass, reading_pass};
use crate::house::{House, free_port};
use crate::programs::Program;
use crate::tokens::{SECRET, claims, sign};

#[actix_web::test]
async fn two_editors_see_what_each_other_writes() {
    let house = house(&[("RECADO_SERVER__WORKERS", "2")]).await;
    let url = house.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return house.ends().await };
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    ann.writes("Bom dia, ");
    bob.reads("Bom dia, ").await;
    bob.writes("João 🚀");
    ann.reads("Bom dia, João 🚀").await;
    ann.does(&json!({ "erase": 4 }));
    bob.reads("dia, João 🚀").await;

    let mut cid = Editor::opens(&url, "cid", "notes").await.expect("as ann did");
    cid.reads("dia, João 🚀").await;
    let mut dan = Editor::opens(&url, "dan", "other").await.expect("as ann did");
    dan.reads("").await;
    for editor in [ann, bob, cid, dan] {
        editor.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn what_was_written_apart_is_merged() {
    let house = house(&[]).await;
    let url = house.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return house.ends().await };
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    ann.writes("middle");
    bob.reads("middle").await;
    bob.does(&json!({ "disconnect": true }));
    bob.sees(|line| line["status"] == "disconnected").await;

    ann.does(&json!({ "insert": "first, ", "at": 0 }));
    bob.writes(", last");
    bob.reads("middle, last").await;
    bob.does(&json!({ "connect": true }));
    ann.reads("first, middle, last").await;
    bob.reads("first, middle, last").await;
    ann.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn three_who_scribble_at_once_end_with_one_text() {
    let house = house(&[("RECADO_DOORS__DOCUMENTS__COMPACT_CHANGES", "40")]).await;
    let url = house.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return house.ends().await };
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    let mut cid = Editor::opens(&url, "cid", "notes").await.expect("as ann did");
    for _ in 0..3 {
        cid.does(&json!({ "disconnect": true }));
        for editor in [&mut ann, &mut bob, &mut cid] {
            editor.does(&json!({ "scribble": 100 }));
        }
        cid.does(&json!({ "connect": true }));
    }
    for editor in [&mut ann, &mut bob, &mut cid] {
        // It has done what it was told.
        editor.text().await;
    }
    // What is written last comes last, so who has heard all three has heard all.
    for (editor, name) in [(&mut ann, "<ann>"), (&mut bob, "<bob>"), (&mut cid, "<cid>")] {
        editor.writes(name);
    }
    let whole = |line: &serde_json::Value| {
        let text = line["text"].as_str().unwrap_or_default();
        ["<ann>", "<bob>", "<cid>"].iter().all(|name| text.contains(name))
    };
    let text = ann.sees(whole).await["text"].as_str().expect("a text").to_owned();
    bob.reads(&text).await;
    cid.reads(&text).await;
    let mut dan = Editor::opens(&url, "dan", "notes").await.expect("as ann did");
    dan.reads(&text).await;
    for editor in [ann, bob, cid, dan] {
        editor.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn a_restart_keeps_all_and_editors_go_on_by_themselves() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("recado.db").display());
    let port = free_port().to_string();
    let settings = [("RECADO_STORE__URL", store.as_str()), ("RECADO_SERVER__PORT", port.as_str())];
    let first = house(&settings).await;
    let url = first.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return first.ends().await };
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    ann.writes("before");
    bob.reads("before").await;
    bob.leaves().await;
    first.ends_while(std::future::ready(())).await;
    ann.sees(|line| line["left"].is_number()).await;
    ann.writes(", meanwhile");

    let second = house(&settings).await;
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    bob.reads("before, meanwhile").await;
    bob.writes(", after");
    ann.reads("before, meanwhile, after").await;
    ann.leaves().await;
    bob.leaves().await;
    second.ends().await;
}

#[actix_web::test]
async fn what_others_saw_survives_the_kill_of_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("recado.db").display());
    let port = free_port().to_string();
    let settings = [
        ("JWT_SECRET", SECRET),
        ("RECADO_STORE__URL", store.as_str()),
        ("RECADO_SERVER__PORT", port.as_str()),
        ("RECADO_DOORS__DOCUMENTS__COMPACT_CHANGES", "20"),
        SERVED,
    ];
    let mut first = Program::recado(&["serve"], &settings);
    let url = format!("ws://{}/collab", first.listens().await);
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return };
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    ann.does(&json!({ "many": 3000 }));
    let longest = |line: &serde_json::Value| line["text"].as_str().map_or(0, str::len);
    bob.sees(|line| longest(line) >= 150).await;
    first.is_signalled("KILL");
    bob.sees(|line| line["left"].is_number()).await;
    let seen = bob.text().await;
    // Neither of them may bring it back.
    ann.leaves().await;
    bob.leaves().await;
    drop(first);

    let mut second = Program::recado(&["serve"], &settings);
    second.listens().await;
    let mut cid = Editor::opens(&url, "cid", "notes").await.expect("as ann did");
    let kept = cid.text().await;
    assert!((150..3000).contains(&seen.len()) && kept.len() >= seen.len(), "{} < {}", kept.len(), seen.len());
    cid.leaves().await;
    second.is_signalled("TERM");
    assert_eq!(second.ends().await.code, Some(0));
}

#[actix_web::test]
async fn a_thousand_changes_become_one_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("recado.db");
    let store = format!("sqlite:{}", path.display());
    let house =
        house(&[("RECADO_STORE__URL", store.as_str()), ("RECADO_DOORS__DOCUMENTS__COMPACT_CHANGES", "100")])
            .await;
    let url = house.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return house.ends().await };
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    ann.does(&json!({ "many": 1000 }));
    bob.reads(&"x".repeat(1000)).await;
    ann.leaves().await;
    bob.leaves().await;
    house.ends().await;

    let file = rusqlite::Connection::open(path).expect("the file");
    let count = "SELECT count(*), max(seq), sum(length(change)) FROM documents WHERE document = 'doc:notes'";
    let (rows, last, bytes): (i64, i64, i64) =
        file.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("a row");
    assert!(last >= 1000, "every change had its number: {last}");
    assert!(rows <= 101 && bytes < 10_000, "{rows} rows of {bytes} bytes are left");
}

#[actix_web::test]
async fn who_is_shown_comes_and_goes_with_its_socket() {
    let house = house(&[]).await;
    let url = house.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return house.ends().await };
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    ann.does(&json!({ "show": { "name": "ann", "at": 1 } }));
    bob.sees(|line| line["shown"] == json!(["ann"])).await;
    bob.does(&json!({ "show": { "name": "bob" } }));
    ann.sees(|line| line["shown"] == json!(["ann", "bob"])).await;
    let mut cid = Editor::starts(&url, "notes", &pass("cid", "notes")).expect("as ann did");
    cid.sees(|line| line["shown"] == json!(["ann", "bob"])).await;

    bob.does(&json!({ "show": null }));
    ann.sees(|line| line["shown"] == json!(["ann"])).await;
    // Killed, it cannot say that it goes.
    drop(ann);
    cid.sees(|line| line["shown"] == json!([])).await;
    bob.leaves().await;
    cid.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_document_that_dies_comes_back_and_nobody_is_cut_off() {
    let house = house(&[]).await;
    let url = house.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return house.ends().await };
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    ann.writes("before");
    bob.reads("before").await;
    for round in ["1", "2"] {
        house.dies("document").await;
        ann.writes(round);
        bob.reads(if round == "1" { "before1" } else { "before12" }).await;
    }
    house.dies("desk").await;
    bob.writes(", after");
    ann.reads("before12, after").await;
    let broker = house.broker();
    assert_eq!(broker.vitals().sessions.load(std::sync::atomic::Ordering::Relaxed), 2);
    ann.leaves().await;
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn who_may_only_read_is_told_so_and_goes_on_reading() {
    let house = house(&[]).await;
    let url = house.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return house.ends().await };
    ann.writes("hers");
    let mut eve = Editor::starts(&url, "notes", &reading_pass("eve", "notes")).expect("as ann did");
    eve.is_synced().await;
    eve.reads("hers").await;
    eve.writes(", mine");
    eve.sees(|line| line["warned"].as_str().is_some_and(|text| text.contains("may read the document"))).await;
    ann.writes(" alone");
    eve.sees(|line| line["text"].as_str().is_some_and(|text| text.contains(" alone"))).await;
    ann.reads("hers alone").await;
    ann.leaves().await;
    eve.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_token_opens_the_documents_it_names_and_no_other() {
    let house = house(&[]).await;
    let url = house.ws_url("/collab");
    for (token, code) in [
        (pass("ann", "other"), 4403),
        (sign(&claims("ann", "notes")), 4403),
        (String::new(), 4401),
        ("no.token.atall".to_owned(), 4401),
    ] {
        let Some(mut ann) = Editor::starts(&url, "notes", &token) else { return house.ends().await };
        ann.sees(|line| line["warned"].as_str().is_some_and(|text| text.contains("Permission denied"))).await;
        // The provider understands that to come again is of no use.
        assert_eq!(ann.sees(|line| line["closed"].is_number()).await["closed"], code);
        ann.leaves().await;
    }
    house.ends().await;
}

#[actix_web::test]
async fn all_users_open_all_documents_where_that_is_said() {
    let house = house(&[("RECADO_DOORS__DOCUMENTS__OPEN_TO_ALL_USERS", "true")]).await;
    let url = house.ws_url("/collab");
    let token = sign(&claims("ann", "chat_1"));
    let Some(mut ann) = Editor::starts(&url, "notes", &token) else { return house.ends().await };
    ann.is_synced().await;
    ann.leaves().await;
    let mut bob = Editor::starts(&url, "notes", &pass("bob", "other")).expect("as ann did");
    assert_eq!(bob.sees(|line| line["closed"].is_number()).await["closed"], 4403);
    bob.leaves().await;
    house.ends().await;
}

#[actix_web::test]
async fn a_document_nobody_is_in_is_put_away_and_taken_out_again() {
    let house: House = house(&[("RECADO_ROOMS__IDLE_MS", "50")]).await;
    let url = house.ws_url("/collab");
    let Some(mut ann) = Editor::opens(&url, "ann", "notes").await else { return house.ends().await };
    ann.writes("kept");
    ann.leaves().await;
    house.until("it is put away", |broker| broker.library().is_some_and(|library| library.is_empty())).await;
    let mut bob = Editor::opens(&url, "bob", "notes").await.expect("as ann did");
    bob.reads("kept").await;
    bob.leaves().await;
    house.ends().await;
}

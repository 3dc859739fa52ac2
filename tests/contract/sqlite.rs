//! The contract on SQLite.
//!
//! Every story has a file of its own.

use recado::store::sqlite::SqliteStore;

use crate::people::within;
use crate::{book, catalogue, letters, log, messages, receipts};

pub async fn run<F: Future<Output = ()>>(story: impl FnOnce(SqliteStore) -> F) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("recado.db"), 2).unwrap();
    within(story(store.clone())).await;
    assert!(store.close().await);
}

#[tokio::test]
async fn numbers_run_from_1_in_each_room() {
    run(log::numbers_run_from_1_in_each_room).await;
}

#[tokio::test]
async fn what_is_read_is_what_was_answered() {
    run(log::what_is_read_is_what_was_answered).await;
}

#[tokio::test]
async fn a_room_never_written_to_stands_at_the_start() {
    run(log::a_room_never_written_to_stands_at_the_start).await;
}

#[tokio::test]
async fn a_retry_gets_the_first_answer() {
    run(log::a_retry_gets_the_first_answer).await;
}

#[tokio::test]
async fn a_retry_in_the_same_batch_gets_the_first_answer() {
    run(log::a_retry_in_the_same_batch_gets_the_first_answer).await;
}

#[tokio::test]
async fn a_message_on_record_is_posted_once() {
    run(log::a_message_on_record_is_posted_once).await;
}

#[tokio::test]
async fn a_client_id_belongs_to_one_sender_in_one_room() {
    run(log::a_client_id_belongs_to_one_sender_in_one_room).await;
}

#[tokio::test]
async fn racing_retries_make_one_entry_and_equal_answers() {
    run(log::racing_retries_make_one_entry_and_equal_answers).await;
}

#[tokio::test]
async fn racing_posts_leave_no_hole() {
    run(log::racing_posts_leave_no_hole).await;
}

#[tokio::test]
async fn pages_go_forward_and_backward_and_say_whether_there_is_more() {
    run(log::pages_go_forward_and_backward_and_say_whether_there_is_more).await;
}

#[tokio::test]
async fn closing_and_reopening_show_in_the_head() {
    run(log::closing_and_reopening_show_in_the_head).await;
}

#[tokio::test]
async fn a_probe_leaves_no_entry_behind() {
    run(log::a_probe_leaves_no_entry_behind).await;
}

#[tokio::test]
async fn only_what_is_stored_from_then_on_is_owed() {
    run(letters::only_what_is_stored_from_then_on_is_owed).await;
}

#[tokio::test]
async fn a_room_s_next_is_due_when_the_one_before_was_taken() {
    run(letters::a_room_s_next_is_due_when_the_one_before_was_taken).await;
}

#[tokio::test]
async fn what_failed_waits_for_its_time_and_others_do_not() {
    run(letters::what_failed_waits_for_its_time_and_others_do_not).await;
}

#[tokio::test]
async fn no_more_is_handed_out_than_was_asked_for() {
    run(letters::no_more_is_handed_out_than_was_asked_for).await;
}

#[tokio::test]
async fn a_letter_is_the_entry_as_it_stands_in_the_log() {
    run(letters::a_letter_is_the_entry_as_it_stands_in_the_log).await;
}

#[tokio::test]
async fn the_dead_are_put_aside_listed_and_sent_again_in_order() {
    run(letters::the_dead_are_put_aside_listed_and_sent_again_in_order).await;
}

#[tokio::test]
async fn the_dead_that_fail_again_are_dead_again_and_forgotten_in_time() {
    run(letters::the_dead_that_fail_again_are_dead_again_and_forgotten_in_time).await;
}

#[tokio::test]
async fn who_wants_nothing_gets_nothing_until_enabled() {
    run(letters::who_wants_nothing_gets_nothing_until_enabled).await;
}

#[tokio::test]
async fn what_is_owed_to_nobody_is_dropped_and_counted() {
    run(letters::what_is_owed_to_nobody_is_dropped_and_counted).await;
}

#[tokio::test]
async fn an_upload_becomes_a_file_once() {
    run(catalogue::an_upload_becomes_a_file_once).await;
}

#[tokio::test]
async fn a_quota_counts_files_and_what_is_set_aside() {
    run(catalogue::a_quota_counts_files_and_what_is_set_aside).await;
}

#[tokio::test]
async fn only_so_many_uploads_are_open_however_many_race() {
    run(catalogue::only_so_many_uploads_are_open_however_many_race).await;
}

#[tokio::test]
async fn an_offset_moves_only_from_where_it_stands() {
    run(catalogue::an_offset_moves_only_from_where_it_stands).await;
}

#[tokio::test]
async fn what_ended_is_condemned_until_it_is_buried() {
    run(catalogue::what_ended_is_condemned_until_it_is_buried).await;
}

#[tokio::test]
async fn files_and_uploads_can_be_condemned_by_name() {
    run(catalogue::files_and_uploads_can_be_condemned_by_name).await;
}

#[tokio::test]
async fn history_shows_messages_as_they_stand() {
    run(messages::history_shows_messages_as_they_stand).await;
}

#[tokio::test]
async fn history_pages_count_messages_only() {
    run(messages::history_pages_count_messages_only).await;
}

#[tokio::test]
async fn a_message_is_found_by_its_newest_entry() {
    run(messages::a_message_is_found_by_its_newest_entry).await;
}

#[tokio::test]
async fn a_delete_withdraws_the_content_everywhere() {
    run(messages::a_delete_withdraws_the_content_everywhere).await;
}

#[tokio::test]
async fn a_delete_withdraws_what_its_own_batch_said() {
    run(messages::a_delete_withdraws_what_its_own_batch_said).await;
}

#[tokio::test]
async fn a_delete_touches_no_other_room() {
    run(messages::a_delete_touches_no_other_room).await;
}

#[tokio::test]
async fn receipts_merge_by_the_greater() {
    run(receipts::receipts_merge_by_the_greater).await;
}

#[tokio::test]
async fn what_is_read_is_delivered() {
    run(receipts::what_is_read_is_delivered).await;
}

#[tokio::test]
async fn bans_come_back_as_they_were() {
    run(book::bans_come_back_as_they_were).await;
}

#[tokio::test]
async fn a_second_ban_replaces_the_first() {
    run(book::a_second_ban_replaces_the_first).await;
}

#[tokio::test]
async fn a_ticket_is_spent_once() {
    run(book::a_ticket_is_spent_once).await;
}

#[tokio::test]
async fn a_ticket_that_ended_cannot_be_spent() {
    run(book::a_ticket_that_ended_cannot_be_spent).await;
}

#[tokio::test]
async fn the_first_answer_to_a_key_stays() {
    run(book::the_first_answer_to_a_key_stays).await;
}

#[tokio::test]
async fn an_answer_lives_for_a_day() {
    run(book::an_answer_lives_for_a_day).await;
}

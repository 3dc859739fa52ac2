//! Which stories every store goes through: one list, and one test for each story and store.
//!
//! A store that passes may stand behind the broker. A story that is not in the list is dead code, and told as such.

macro_rules! on {
    ($store:ident, $($part:ident: $($story:ident)*;)*) => {
        mod $store {
            $($(
                #[tokio::test]
                async fn $story() {
                    crate::$store::run(crate::$part::$story).await;
                }
            )*)*
        }
    };
}

macro_rules! on_every_store {
    ($($stories:tt)*) => {
        on!(memory, $($stories)*);
        on!(sqlite, $($stories)*);
    };
}

on_every_store! {
    log:
        numbers_run_from_1_in_each_room
        what_is_read_is_what_was_answered
        a_room_never_written_to_stands_at_the_start
        a_retry_gets_the_first_answer
        a_retry_in_the_same_batch_gets_the_first_answer
        a_message_on_record_is_posted_once
        a_client_id_belongs_to_one_sender_in_one_room
        racing_retries_make_one_entry_and_equal_answers
        racing_posts_leave_no_hole
        pages_go_forward_and_backward_and_say_whether_there_is_more
        closing_and_reopening_show_in_the_head
        a_probe_leaves_no_entry_behind;
    letters:
        only_what_is_stored_from_then_on_is_owed
        a_room_s_next_is_due_when_the_one_before_was_taken
        what_failed_waits_for_its_time_and_others_do_not
        no_more_is_handed_out_than_was_asked_for
        a_letter_is_the_entry_as_it_stands_in_the_log
        the_dead_are_put_aside_listed_and_sent_again_in_order
        the_dead_that_fail_again_are_dead_again_and_forgotten_in_time
        who_wants_nothing_gets_nothing_until_enabled
        what_is_owed_to_nobody_is_dropped_and_counted;
    catalogue:
        an_upload_becomes_a_file_once
        a_quota_counts_files_and_what_is_set_aside
        only_so_many_uploads_are_open_however_many_race
        an_offset_moves_only_from_where_it_stands
        what_ended_is_condemned_until_it_is_buried
        files_and_uploads_can_be_condemned_by_name;
    messages:
        history_shows_messages_as_they_stand
        history_pages_count_messages_only
        a_message_is_found_by_its_newest_entry
        a_delete_withdraws_the_content_everywhere
        a_delete_withdraws_what_its_own_batch_said
        a_delete_touches_no_other_room;
    receipts:
        receipts_merge_by_the_greater
        what_is_read_is_delivered;
    book:
        bans_come_back_as_they_were
        a_second_ban_replaces_the_first
        a_ticket_is_spent_once
        a_ticket_that_ended_cannot_be_spent
        the_first_answer_to_a_key_stays
        an_answer_lives_for_a_day;
    directory:
        a_user_is_put_and_read_back
        a_first_sight_overwrites_nothing
        what_was_seen_only_moves_on
        users_are_found_by_any_part_of_their_name
        a_changed_name_is_found_and_the_old_one_is_not
        a_search_tells_who_is_in_the_group;
    groups:
        groups_are_numbered_from_1_and_read_back
        a_group_put_by_its_number_is_as_it_was_put
        a_refused_group_leaves_nothing_behind
        two_users_have_one_direct_group_however_many_make_it
        a_put_direct_group_is_the_pair_s_only_one
        members_come_and_go
        who_cannot_be_let_in_is_told_why
        the_last_place_is_taken_once
        roles_change_for_those_who_are_in
        a_look_into_a_group_only_moves_on
        the_group_that_was_spoken_in_last_comes_first
        contacts_are_those_with_a_direct_group;
    numbers:
        messages_in_groups_are_numbered_through_all_groups
        messages_are_counted_and_found_by_how_many_are_newer
        a_number_leads_to_its_place
        a_retry_in_a_group_gets_the_first_number_and_spends_none
        edits_and_deletes_go_by_the_number
        racing_posts_get_a_number_each;
    search:
        messages_are_found_by_any_part_whatever_case_and_accents
        a_search_stays_in_its_room
        what_was_edited_is_found_as_it_reads_now
        what_was_withdrawn_is_not_found
        a_search_goes_on_where_it_ended
        a_search_that_finds_nothing_ends_all_the_same;
}

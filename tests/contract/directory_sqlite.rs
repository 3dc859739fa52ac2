//! The contract of groups and their messages on SQLite.
//!
//! Every story has a store of its own.

use crate::sqlite::run;
use crate::{directory, groups, numbers, search};

#[tokio::test]
async fn a_user_is_put_and_read_back() {
    run(directory::a_user_is_put_and_read_back).await;
}

#[tokio::test]
async fn a_first_sight_overwrites_nothing() {
    run(directory::a_first_sight_overwrites_nothing).await;
}

#[tokio::test]
async fn what_was_seen_only_moves_on() {
    run(directory::what_was_seen_only_moves_on).await;
}

#[tokio::test]
async fn users_are_found_by_any_part_of_their_name() {
    run(directory::users_are_found_by_any_part_of_their_name).await;
}

#[tokio::test]
async fn a_changed_name_is_found_and_the_old_one_is_not() {
    run(directory::a_changed_name_is_found_and_the_old_one_is_not).await;
}

#[tokio::test]
async fn a_search_tells_who_is_in_the_group() {
    run(directory::a_search_tells_who_is_in_the_group).await;
}

#[tokio::test]
async fn groups_are_numbered_from_1_and_read_back() {
    run(groups::groups_are_numbered_from_1_and_read_back).await;
}

#[tokio::test]
async fn a_group_put_by_its_number_is_as_it_was_put() {
    run(groups::a_group_put_by_its_number_is_as_it_was_put).await;
}

#[tokio::test]
async fn a_refused_group_leaves_nothing_behind() {
    run(groups::a_refused_group_leaves_nothing_behind).await;
}

#[tokio::test]
async fn two_users_have_one_direct_group_however_many_make_it() {
    run(groups::two_users_have_one_direct_group_however_many_make_it).await;
}

#[tokio::test]
async fn a_put_direct_group_is_the_pair_s_only_one() {
    run(groups::a_put_direct_group_is_the_pair_s_only_one).await;
}

#[tokio::test]
async fn members_come_and_go() {
    run(groups::members_come_and_go).await;
}

#[tokio::test]
async fn who_cannot_be_let_in_is_told_why() {
    run(groups::who_cannot_be_let_in_is_told_why).await;
}

#[tokio::test]
async fn the_last_place_is_taken_once() {
    run(groups::the_last_place_is_taken_once).await;
}

#[tokio::test]
async fn roles_change_for_those_who_are_in() {
    run(groups::roles_change_for_those_who_are_in).await;
}

#[tokio::test]
async fn a_look_into_a_group_only_moves_on() {
    run(groups::a_look_into_a_group_only_moves_on).await;
}

#[tokio::test]
async fn the_group_that_was_spoken_in_last_comes_first() {
    run(groups::the_group_that_was_spoken_in_last_comes_first).await;
}

#[tokio::test]
async fn contacts_are_those_with_a_direct_group() {
    run(groups::contacts_are_those_with_a_direct_group).await;
}

#[tokio::test]
async fn messages_in_groups_are_numbered_through_all_groups() {
    run(numbers::messages_in_groups_are_numbered_through_all_groups).await;
}

#[tokio::test]
async fn messages_are_counted_and_found_by_how_many_are_newer() {
    run(numbers::messages_are_counted_and_found_by_how_many_are_newer).await;
}

#[tokio::test]
async fn a_number_leads_to_its_place() {
    run(numbers::a_number_leads_to_its_place).await;
}

#[tokio::test]
async fn a_retry_in_a_group_gets_the_first_number_and_spends_none() {
    run(numbers::a_retry_in_a_group_gets_the_first_number_and_spends_none).await;
}

#[tokio::test]
async fn edits_and_deletes_go_by_the_number() {
    run(numbers::edits_and_deletes_go_by_the_number).await;
}

#[tokio::test]
async fn racing_posts_get_a_number_each() {
    run(numbers::racing_posts_get_a_number_each).await;
}

#[tokio::test]
async fn messages_are_found_by_any_part_whatever_case_and_accents() {
    run(search::messages_are_found_by_any_part_whatever_case_and_accents).await;
}

#[tokio::test]
async fn a_search_stays_in_its_room() {
    run(search::a_search_stays_in_its_room).await;
}

#[tokio::test]
async fn what_was_edited_is_found_as_it_reads_now() {
    run(search::what_was_edited_is_found_as_it_reads_now).await;
}

#[tokio::test]
async fn what_was_withdrawn_is_not_found() {
    run(search::what_was_withdrawn_is_not_found).await;
}

#[tokio::test]
async fn a_search_goes_on_where_it_ended() {
    run(search::a_search_goes_on_where_it_ended).await;
}

#[tokio::test]
async fn a_search_that_finds_nothing_ends_all_the_same() {
    run(search::a_search_that_finds_nothing_ends_all_the_same).await;
}

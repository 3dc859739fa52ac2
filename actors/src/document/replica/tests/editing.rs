//! What editors on the library of Yjs make of what is kept here: they must not find out that it stood between them.

use yrs::types::{Attrs, ToJson};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    Any, Array, ClientID, Doc, GetString, Map, MapPrelim, OffsetKind, Options, ReadTxn, StateVector, Text,
    Transact, Update, XmlElementPrelim, XmlFragment, XmlTextPrelim,
};

use super::*;

#[derive(Debug, Clone)]
enum Edit {
    Type(&'static str, Index),
    Erase(Index, usize),
    Bold(Index, usize),
    Set(&'static str, i64),
    Inner(&'static str),
    Push(i64),
    Drop(Index),
    Paragraph(Index),
    Unparagraph(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let words = prop::sample::select(vec!["a", "bc", "João", "🚀", "tea time"]);
    let keys = || prop::sample::select(vec!["k", "l"]);
    prop_oneof![
        4 => (words, any::<Index>()).prop_map(|(word, at)| Edit::Type(word, at)),
        3 => (any::<Index>(), 1_usize..5).prop_map(|(at, length)| Edit::Erase(at, length)),
        1 => (any::<Index>(), 1_usize..5).prop_map(|(at, length)| Edit::Bold(at, length)),
        1 => (keys(), 0_i64..9).prop_map(|(key, value)| Edit::Set(key, value)),
        1 => keys().prop_map(Edit::Inner),
        2 => (0_i64..9).prop_map(Edit::Push),
        1 => any::<Index>().prop_map(Edit::Drop),
        1 => any::<Index>().prop_map(Edit::Paragraph),
        1 => any::<Index>().prop_map(Edit::Unparagraph),
    ]
}

fn editor(client: u64) -> Doc {
    let options = Options::with_client_id(ClientID::new(client));
    Doc::with_options(Options { offset_kind: OffsetKind::Utf16, ..options })
}

fn units(letters: impl Iterator<Item = char>) -> u32 {
    u32::try_from(letters.map(char::len_utf16).sum::<usize>()).unwrap()
}

/// Where that is in a text and how long, as JavaScript counts; whole letters only, as editors have it.
fn stretch(text: &str, at: &Index, length: usize) -> (u32, u32) {
    // Near the front, where they get in each other's way.
    let at = at.index(text.chars().count().min(5) + 1);
    (units(text.chars().take(at)), units(text.chars().skip(at).take(length)))
}

fn one_of(at: &Index, length: u32) -> Option<u32> {
    (length > 0).then(|| u32::try_from(at.index(usize::try_from(length).unwrap())).unwrap())
}

fn does(doc: &Doc, edit: &Edit) {
    let (text, map) = (doc.get_or_insert_text("text"), doc.get_or_insert_map("map"));
    let (list, page) = (doc.get_or_insert_array("list"), doc.get_or_insert_xml_fragment("page"));
    let mut changing = doc.transact_mut();
    let says = text.get_string(&changing);
    match edit {
        Edit::Type(word, at) => text.insert(&mut changing, stretch(&says, at, 0).0, word),
        Edit::Erase(at, length) => {
            let (start, length) = stretch(&says, at, *length);
            text.remove_range(&mut changing, start, length);
        }
        Edit::Bold(at, length) => {
            let (start, length) = stretch(&says, at, *length);
            text.format(&mut changing, start, length, Attrs::from([("bold".into(), Any::Bool(true))]));
        }
        Edit::Set(key, value) => _ = map.insert(&mut changing, *key, *value),
        Edit::Inner(key) => _ = map.insert(&mut changing, *key, MapPrelim::from([("deep", 1_i64)])),
        Edit::Push(value) => _ = list.push_back(&mut changing, *value),
        Edit::Drop(at) => {
            if let Some(at) = one_of(at, list.len(&changing)) {
                list.remove(&mut changing, at);
            }
        }
        Edit::Paragraph(at) => {
            let at = one_of(at, page.len(&changing) + 1).unwrap();
            let paragraph = page.insert(&mut changing, at, XmlElementPrelim::empty("p"));
            paragraph.push_back(&mut changing, XmlTextPrelim::new("hello"));
        }
        Edit::Unparagraph(at) => {
            if let Some(at) = one_of(at, page.len(&changing)) {
                page.remove_range(&mut changing, at, 1);
            }
        }
    }
}

fn shows(doc: &Doc) -> String {
    let (text, map) = (doc.get_or_insert_text("text"), doc.get_or_insert_map("map"));
    let (list, page) = (doc.get_or_insert_array("list"), doc.get_or_insert_xml_fragment("page"));
    let reading = doc.transact();
    let (text, page) = (text.get_string(&reading), page.get_string(&reading));
    let Any::Map(map) = map.to_json(&reading) else { panic!("a map") };
    // Its own order is no matter.
    let map: std::collections::BTreeMap<_, _> =
        map.iter().map(|(key, value)| (key, value.to_string())).collect();
    format!("{text} {page} {map:?} {}", list.to_json(&reading))
}

/// What a provider does with what it is told.
fn hears(doc: &Doc, update: &[u8]) {
    doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
}

fn asks(doc: &Doc, replica: &Replica) {
    let state = doc.transact().state_vector().encode_v1();
    hears(doc, &replica.since(&state).unwrap());
}

/// All that the replica lacks.
fn tells(doc: &Doc, replica: &mut Replica) {
    let known = StateVector::decode_v1(&replica.state()).unwrap();
    let told = doc.transact().encode_state_as_update_v1(&known);
    assert_ne!(replica.apply(&told), Ok(Applied::Unfit));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn editors_agree_whatever_stands_between_them(
        turns in prop::collection::vec((0_usize..3, edit(), 0_u8..6), 1..60)
    ) {
        let editors = [editor(1), editor(2), editor(3)];
        let mut replica = Replica::default();
        for (who, edit, then) in &turns {
            let doc = &editors[*who];
            does(doc, edit);
            match then {
                0 => {}
                1 | 2 => {
                    tells(doc, &mut replica);
                    asks(doc, &replica);
                }
                3 => replica.collect(),
                _ => tells(doc, &mut replica),
            }
        }
        editors.iter().for_each(|doc| tells(doc, &mut replica));
        editors.iter().for_each(|doc| asks(doc, &replica));
        let newcomer = editor(9);
        hears(&newcomer, &replica.whole());
        replica.collect();
        let late = editor(10);
        hears(&late, &replica.whole());
        for doc in editors.iter().chain([&late]) {
            prop_assert_eq!(shows(doc), shows(&newcomer));
            prop_assert_eq!(doc.transact().state_vector(), newcomer.transact().state_vector());
        }
        let mut again = Replica::default();
        again.apply(&replica.whole()).unwrap();
        prop_assert_eq!(again.whole(), replica.whole());
    }
}

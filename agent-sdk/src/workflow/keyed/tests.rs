use super::*;

type Stock = Keyed<String, u32>;

const STOCK: KeyedSlot = match <SlotProbe<Stock>>::KEYED {
    Some(keyed) => keyed,
    None => panic!("it is keyed"),
};

fn of(value: &Stock) -> Message {
    Message::of(value).unwrap()
}

fn put(key: &str, value: u32) -> Message {
    of(&Keyed::insert(key.to_owned(), value))
}

fn gone(key: &str) -> Message {
    of(&Keyed::remove(key.to_owned()))
}

#[test]
fn it_is_told_by_its_type() {
    type Alias = Stock;
    assert!(<SlotProbe<Alias>>::KEYED.is_some());
    assert!(<SlotProbe<Vec<u8>>>::KEYED.is_none());
}

#[test]
fn updates_under_different_keys_are_merged() {
    let there = (STOCK.default)().unwrap();
    assert_eq!(there.json(), r#"{"entries":{}}"#);
    let merged = (STOCK.merge)(Some(&there), &[put("b", 2), put("a", 1), gone("c")]).unwrap();
    assert_eq!(merged.json(), r#"{"entries":{"a":1,"b":2}}"#);
    let merged = (STOCK.merge)(Some(&merged), &[gone("a"), put("b", 3)]).unwrap();
    assert_eq!(merged.json(), r#"{"entries":{"b":3}}"#);
    let merged = (STOCK.merge)(None, &[]).unwrap();
    assert_eq!(merged.json(), r#"{"entries":{}}"#);
}

#[test]
fn one_key_from_two_is_a_conflict() {
    for updates in [
        [put("a", 1), put("a", 1)],
        [put("a", 1), gone("a")],
        [gone("a"), gone("a")],
    ] {
        let [first, second] = updates;
        let others = [put("b", 1), first, put("c", 1), second];
        let problem = (STOCK.merge)(None, &others).unwrap_err();
        let expected = MergeError::SameKey {
            key: String::from("\"a\""),
            first: 1,
            second: 3,
        };
        assert_eq!(problem, expected);
    }
}

#[test]
fn of_the_updates_of_one_executor_the_later_counts() {
    for (first, second, expected) in [
        (put("a", 1), put("a", 2), r#"{"entries":{"a":2}}"#),
        (put("a", 1), put("b", 2), r#"{"entries":{"a":1,"b":2}}"#),
        (put("a", 1), gone("a"), r#"{"entries":{},"removed":["a"]}"#),
        (gone("a"), put("a", 1), r#"{"entries":{"a":1}}"#),
        (
            gone("a"),
            gone("b"),
            r#"{"entries":{},"removed":["a","b"]}"#,
        ),
    ] {
        assert_eq!((STOCK.join)(&first, &second).unwrap().json(), expected);
    }
}

#[test]
fn keys_may_be_numbers() {
    let stock: Keyed<u32, char> = [(7, 'x'), (2, 'y')].into_iter().collect();
    let message = Message::of(&stock).unwrap();
    assert_eq!(message.json(), r#"{"entries":{"2":"y","7":"x"}}"#);
    assert_eq!(message.read::<Keyed<u32, char>>().unwrap(), stock);
}

#[test]
fn what_is_no_map_is_told() {
    let wrong = Message::of(&5).unwrap();
    assert!((STOCK.merge)(None, &[wrong]).is_err());
}

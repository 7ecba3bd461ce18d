use super::*;
use crate::names::Home;

fn read(item: &str) -> (Option<State>, Vec<String>) {
    let mut errors = Errors::new();
    let item = syn::parse_str(item).unwrap();
    let state = validate(&item, &Root::usual(Home::AgentSdk), &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = errors.texts().into_iter().map(first_line).collect();
    (state, errors)
}

#[test]
fn each_field_is_a_slot() {
    let (state, errors) = read(
        "struct S {
            budget: Budget,
            #[slot(default)] r#type: Kind,
            #[slot(default = Mail::new(), reduce = merge)] mail: Mail,
            #[slot(reduce = u64::max)] #[slot(default = 0)] sum: u64,
        }",
    );
    assert_eq!(errors, [""; 0]);
    let state = state.unwrap();
    let names: Vec<_> = state.slots.iter().map(|slot| slot.name.as_str()).collect();
    assert_eq!(names, ["budget", "type", "mail", "sum"]);
    let [budget, kind, mail, sum] = state.slots.as_slice() else {
        panic!("four slots");
    };
    assert!(budget.default.is_none() && budget.reduce.is_none());
    assert!(matches!(kind.default, Some(SlotDefault::Usual(_))));
    for slot in [mail, sum] {
        assert!(matches!(slot.default, Some(SlotDefault::Value(_))));
        assert!(slot.reduce.is_some());
    }
}

#[test]
fn what_a_state_must_not_be() {
    let form = "the state of a workflow is a struct with named fields [AGT713]";
    for (item, expected) in [
        ("enum S { A }", form),
        ("struct S;", form),
        ("struct S(A);", form),
        (
            "struct S<T> { a: A }",
            "state `S` must not be generic [AGT714]",
        ),
        (
            "struct S { a: A, other: A }",
            "slots `a` and `other` of state `S` have the same type `A` [AGT715]",
        ),
        (
            "struct S { #[slot(defualt)] a: A }",
            "unknown option `defualt` for `#[slot]`; did you mean `default`? [AGT002]",
        ),
        (
            "struct S { #[slot(default, default)] a: A }",
            "option `default` is given twice [AGT003]",
        ),
        (
            "struct S { #[slot(reduce)] a: A }",
            "option `reduce` takes an expression [AGT004]",
        ),
    ] {
        let (state, errors) = read(item);
        assert!(state.is_none(), "{item}");
        assert_eq!(errors, [expected], "{item}");
    }
}

#[test]
fn slots_are_counted() {
    let of = |count: usize| {
        let fields = (0..count).map(|index| format!("f{index}: T{index}"));
        format!("struct S {{ {} }}", fields.collect::<Vec<_>>().join(", "))
    };
    assert_eq!(read(&of(SLOTS_MAX)).1, [""; 0]);
    assert_eq!(
        read(&of(SLOTS_MAX + 1)).1,
        ["state `S` has 129 slots, and at most 128 are possible [AGT716]"]
    );
}

#[test]
fn names_of_types_are_made_of_names_of_fields() {
    assert_eq!(camel_case("second_budget"), "SecondBudget");
    assert_eq!(camel_case("a__b"), "AB");
}

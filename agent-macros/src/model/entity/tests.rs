use super::*;
use crate::names::Home;

fn read(methods: &str) -> (Option<Entity>, Vec<String>) {
    let mut errors = Errors::new();
    let options = Options::parse(TokenStream::new(), &GRAMMAR, &mut errors);
    let block: Methods = syn::parse_str(&format!("impl Counter {{ {methods} }}")).unwrap();
    let root = Root::usual(Home::AgentSdk);
    let entity = validate(&block, &options, &root, &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = errors.texts().into_iter().map(first_line).collect();
    (entity, errors)
}

#[test]
fn methods_with_self_are_operations() {
    let (entity, errors) = read(
        "const LIMIT: u8 = 5;
        /// Adds.
        pub fn add(&mut self, (a, b): (u8, u8), ctx: &mut EntityContext) -> Result<u8, E> {}
        fn get(&self) -> u8 {}
        #[operation(name = \"Reset\")] fn reset(&mut self) {}
        fn helper(a: u8, b: u8) {}",
    );
    assert_eq!(errors, [""; 0]);
    let entity = entity.unwrap();
    assert_eq!(entity.name, "Counter");
    assert!(!entity.has_own_delete());
    let told: Vec<_> = entity
        .operations
        .iter()
        .map(|known| (known.name.as_str(), known.changes, known.can_fail))
        .collect();
    assert_eq!(
        told,
        [
            ("add", true, true),
            ("get", false, false),
            ("Reset", true, false)
        ]
    );
    let add = &entity.operations[0];
    assert!(add.input.is_some() && add.context.is_some() && add.docs.len() == 1);
}

#[test]
fn an_own_delete_comes_first() {
    for methods in [
        "fn delete(&mut self) {}",
        "#[operation(name = \"Delete\")] fn drop(&mut self) {}",
    ] {
        assert!(read(methods).0.unwrap().has_own_delete());
    }
}

#[test]
fn what_an_operation_must_not_be() {
    for (method, expected) in [
        (
            "fn f(self) {}",
            "operation `f` must take `&self` or `&mut self` [AGT507]",
        ),
        (
            "fn f(mut self) {}",
            "operation `f` must take `&self` or `&mut self` [AGT507]",
        ),
        (
            "fn f(self: Box<Self>) {}",
            "operation `f` must take `&self` or `&mut self` [AGT507]",
        ),
        (
            "#[operation(name = \"g\")] fn f() {}",
            "operation `f` must take `&self` or `&mut self` [AGT507]",
        ),
        (
            "async fn f(self) {}",
            "operation `f` must take `&self` or `&mut self` [AGT507]",
        ),
        (
            "fn f(&self) -> &str {}",
            "operation `f` cannot return what it borrows [AGT513]",
        ),
        (
            "fn f(&self) -> Result<Vec<&u8>, E> {}",
            "operation `f` cannot return what it borrows [AGT513]",
        ),
        (
            "fn f<T>(&self) {}",
            "operation `f` must not be generic [AGT013]",
        ),
        (
            "fn f(&self, a: impl T) {}",
            "operation `f` must not be generic [AGT013]",
        ),
        (
            "fn f(&self, a: u8, b: u8) {}",
            "operation `f` takes one input by value and then, at most, its context [AGT509]",
        ),
        (
            "fn f(&self, ctx: &mut C, b: u8) {}",
            "operation `f` takes one input by value and then, at most, its context [AGT509]",
        ),
        (
            "fn id(&self) {}",
            "operation `id` has a name that proxies keep for themselves [AGT510]",
        ),
        (
            "fn f(&self) {} fn F(&self) {}",
            "two operations are named `F`; the other one is `f` [AGT512]",
        ),
        (
            "#[operation(nmae = \"g\")] fn f(&self) {}",
            "unknown option `nmae` for `#[operation]`; did you mean `name`? [AGT002]",
        ),
    ] {
        assert_eq!(read(method).1, [expected], "{method}");
    }
}

#[test]
fn one_operation_that_waits_makes_an_entity_that_waits() {
    for (methods, waits) in [
        ("fn f(&self) {} async fn helper() {}", false),
        ("fn f(&self) {} async fn g(&mut self) -> u8 {}", true),
        (
            "async fn f(&self, a: u8, ctx: &mut C) -> Result<(), E> {}",
            true,
        ),
    ] {
        let (entity, errors) = read(methods);
        assert_eq!(errors, [""; 0]);
        assert_eq!(entity.unwrap().waits(), waits, "{methods}");
    }
}

#[test]
fn types_and_conditions_hold_outside_of_the_block() {
    let (entity, errors) = read(
        "#[cfg(test)] #[doc = \"x\"] fn f(&mut self, all: Vec<[Self; 2]>) -> Option<Self> {}
        fn g(&self) -> Result<&'static str, E> {}",
    );
    assert_eq!(errors, [""; 0]);
    let operation = &entity.unwrap().operations[0];
    let text = |ty: &Option<Type>| written(ty.as_ref().unwrap());
    assert_eq!(text(&operation.input), "Vec<[Counter ; 2]>");
    assert_eq!(text(&operation.output), "Option<Counter>");
    assert_eq!((operation.conditions.len(), operation.docs.len()), (1, 1));
}

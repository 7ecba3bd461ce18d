use super::*;

fn numbers(body: &str) -> Vec<String> {
    let mut errors = Errors::new();
    check(&body.parse().unwrap(), &mut errors);
    let number = |text: String| {
        let first = text.lines().next().unwrap_or_default().to_owned();
        let number = first.rsplit('[').next().unwrap_or_default();
        number.trim_end_matches(']').to_owned()
    };
    errors.texts().into_iter().map(number).collect()
}

#[test]
fn what_a_replay_does_not_repeat() {
    for (body, expected) in [
        ("let t = std::time::SystemTime::now();", "AGT310"),
        ("let t = ::std::time::SystemTime::now();", "AGT310"),
        ("Instant::now().elapsed()", "AGT310"),
        ("names.map(Utc::now)", "AGT310"),
        ("chrono::offset::Local::now()", "AGT310"),
        ("time::OffsetDateTime::now_utc()", "AGT310"),
        ("uuid::Uuid::new_v4()", "AGT310"),
        ("Uuid::now_v7()", "AGT310"),
        ("rand::random::<u64>()", "AGT310"),
        ("random::<u64>()", "AGT310"),
        ("thread_rng().gen()", "AGT310"),
        ("std::env::var(\"HOME\")", "AGT310"),
        ("env::args()", "AGT310"),
        ("std::fs::read(path)", "AGT311"),
        ("tokio::fs::read(path).await", "AGT311"),
        ("File::open(path)?", "AGT311"),
        ("reqwest::get(url).await?", "AGT311"),
        ("reqwest::Client::new()", "AGT311"),
        ("tokio::time::sleep(second).await", "AGT312"),
        ("tokio::time::timeout(second, call).await", "AGT312"),
        ("std::thread::sleep(second)", "AGT312"),
        ("tokio::spawn(call)", "AGT312"),
        ("tokio::task::spawn_blocking(work)", "AGT312"),
        ("std::thread::spawn(work)", "AGT312"),
        ("tokio::select! { a = b => {} }", "AGT313"),
        ("select! { a = b => {} }", "AGT313"),
        ("futures::select! { a = b => {} }", "AGT313"),
        ("tokio::join!(a, b)", "AGT313"),
        ("println!(\"{a}\")", "AGT314"),
        ("dbg!(a)", "AGT314"),
        ("join_all(calls).await", "AGT315"),
        ("futures::future::join_all(calls).await", "AGT315"),
        ("FuturesUnordered::new()", "AGT315"),
        ("std::time::Instant::now()", "AGT310"),
        ("::tokio::time::Instant::now()", "AGT310"),
        ("chrono::Utc::now()", "AGT310"),
        ("OffsetDateTime::now_utc()", "AGT310"),
        ("fastrand::u64(..)", "AGT310"),
        ("getrandom::fill(&mut bytes)", "AGT310"),
        ("getrandom(&mut bytes)", "AGT310"),
        ("rand::rng().random::<u8>()", "AGT310"),
        ("random()", "AGT310"),
        ("std::env::args()", "AGT310"),
        (
            "thread_local! { static COUNT: Cell<u8> = Cell::new(0); }",
            "AGT310",
        ),
        ("std::io::stdin().read_line(&mut line)", "AGT311"),
        ("std::net::TcpListener::bind(a)", "AGT311"),
        ("tokio::net::TcpStream::connect(a).await", "AGT311"),
        ("async_std::fs::read(path).await", "AGT311"),
        ("thread::sleep(second)", "AGT312"),
        ("async_std::task::sleep(second).await", "AGT312"),
        ("async_std::task::spawn(work)", "AGT312"),
        ("smol::Timer::after(second).await", "AGT312"),
        ("futures_timer::Delay::new(second).await", "AGT312"),
        ("JoinSet::new()", "AGT312"),
        ("tokio::runtime::Handle::current()", "AGT312"),
        // Wherever it stands.
        ("let f = || Instant::now();", "AGT310"),
        ("match a { b if Instant::now() > b => 1, _ => 2 }", "AGT310"),
        ("match a { _ => rand::random() }", "AGT310"),
        ("vec![Uuid::new_v4()]", "AGT310"),
        (
            "select_biased! { a = tokio::time::sleep(b) => {} }",
            "AGT312",
        ),
        ("async move { std::fs::read(path) }.await", "AGT311"),
    ] {
        assert_eq!(numbers(body), [expected], "{body}");
    }
}

#[test]
fn what_is_left_alone() {
    for body in [
        "ctx.now()",
        "ctx.random()",
        "ctx.join_all(calls).await",
        "ctx.select(a, b).await",
        "select_biased! { a = b => {} }",
        "tokio::select! { biased; a = b => {} }",
        "futures::join!(a, b)",
        "let random = 5; random + 1",
        "let since: SystemTime = input.since;",
        "Duration::from_secs(5)",
        "SystemTime::UNIX_EPOCH",
        "Uuid::nil()",
        "Uuid::new_v5(&namespace, name)",
        "std::env::VarError::NotPresent",
        "crate::fs::plan(a)",
        "my::time::sleep(a)",
        "self::thread::name(a)",
        "let text = \"std::fs::read\";",
        "format!(\"{}\", input.name)",
        "fn random() -> u8 { 4 }",
        "fn random() -> u8 { 4 } let a = random();",
        "let mut random = || 4; loop { random(); }",
        "random(seed)",
        "now()",
        "spawn(a)",
        "sleep(a)",
        "Self::random()",
        "crate::random()",
        "let rand = 5; rand.pow(2)",
        "clock.now()",
        "worker.sleep(a).await",
        "worker.spawn(a)",
        "Plan { random: 5, select: 6 }",
        "use rand::{random, thread_rng};",
        "static NAMES: &[&str] = &[];",
        "\"tokio::select! { }\"",
        "// Instant::now()",
    ] {
        assert_eq!(numbers(body), [""; 0], "{body}");
    }
}

#[test]
fn each_place_is_told_once() {
    let body = "let a = Instant::now(); loop { println!(\"{:?}\", Utc::now()); }";
    assert_eq!(numbers(body), ["AGT310", "AGT314", "AGT310"]);
}

/// The first rule that fits is the one that speaks, so an exact one must not stand behind `*`.
#[test]
fn every_rule_can_speak() {
    for rules in [CALLS, MACROS] {
        for (index, rule) in rules.iter().enumerate() {
            let written: Vec<String> = rule
                .path
                .iter()
                .map(|segment| segment.replace('*', "something"))
                .collect();
            let first = rules.iter().position(|rule| rule.matches(&written));
            assert_eq!(first, Some(index), "{written:?}");
        }
    }
}

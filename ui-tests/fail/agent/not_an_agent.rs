struct Guide;

fn main() {
    let _ = agent_sdk::App::builder().agent::<Guide>();
}

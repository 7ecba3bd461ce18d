use agent_sdk::prelude::*;

mod first {
    use agent_sdk::prelude::*;

    /// Guides.
    #[agent(name = "guide")]
    pub struct Guide;
}

mod second {
    use agent_sdk::prelude::*;

    /// Guides others.
    #[agent(name = "Guide")]
    pub struct Other;
}

#[workflow]
fn plan(topic: String) -> String {
    first::Guide >> second::Other;
}

fn main() {}

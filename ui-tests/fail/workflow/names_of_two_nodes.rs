use agent_sdk::prelude::*;

#[executor]
async fn skip(input: String) -> Result<String, ExecutorError> {
    Ok(input)
}

mod first {
    use super::*;

    #[workflow(name = "inner")]
    pub fn one(text: String) -> String {
        skip;
    }
}

mod second {
    use super::*;

    #[workflow(name = "Inner")]
    pub fn other(text: String) -> String {
        skip;
    }
}

#[workflow]
fn outer(text: String) -> String {
    first::one >> second::other;
}

fn main() {}

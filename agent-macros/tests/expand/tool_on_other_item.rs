// #[tool]
// pub struct Add;
// error: `#[tool]` goes on a function [AGT008]
//   help: write `#[tool] async fn name(argument: Type) -> Result<Output, Error> { .. }`

pub struct Add;

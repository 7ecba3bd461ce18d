// #[workflow]
// pub struct Plan;
// error: `#[workflow]` goes on a function [AGT008]
//   help: write `#[workflow] async fn name(argument: Type) -> Result<Output, Error> { .. }`

pub struct Plan;

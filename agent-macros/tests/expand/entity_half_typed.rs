// #[entity]
// impl Counter { fn add(&mut self, ) -> { } }

impl Counter { fn add (& mut self ,) -> { } }

// #[workflow(name = "Plan", description = TEXT, state = Board, version = "2", max_supersteps = 20, retry(attempts = 5, first = "1s"), timeout = "1h")]
// fn plan(topic: Topic) -> Option<Plan> { draft; }

#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct plan {}
#[allow(deprecated, non_camel_case_types, clippy::all, clippy::pedantic)]
const _: () = {
    type __N_0 = draft;
    const __ANY: ::core::primitive::bool = ::agent_sdk::workflow::any(
        &[
            <__N_0 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_0 as ::agent_sdk::workflow::Node>::YIELDS,
        ],
    );
    struct __Run;
    impl __Run {
        const WRITE: ::agent_sdk::workflow::WriteOutput<
            <Option<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        > = <Option<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::write::<plan>;
    }
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Undescribed as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Otherwise as _;
    const _: () = <Topic as ::agent_sdk::__private::Taken<true>>::FITS;
    const _: () = <<__N_0 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { <::agent_sdk::__private::TakesOther<Topic, __N_0>>::TYPE },
    >>::FITS;
    const _: () = <<__N_0 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_0>>::TYPE
                && !<__N_0 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const __IS_RESULT_ASKED: ::core::primitive::bool = !(false
        || <::agent_sdk::__private::GivesBad<__N_0>>::TYPE);
    const _: () = <Option<
        Plan,
    > as ::agent_sdk::__private::Taken<__IS_RESULT_ASKED>>::FITS;
    const __IS_KNOWN: ::core::primitive::bool = {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::UnknownState as _;
        <::agent_sdk::__private::StateProbe<Board>>::IS_KNOWN
    };
    const __FACTS: [::agent_sdk::workflow::NodeFacts; 1usize] = [
        <::agent_sdk::__private::InKnown<
            __IS_KNOWN,
        > as ::agent_sdk::__private::FactsOf<
            <__N_0 as ::agent_sdk::workflow::Node>::This,
            Board,
        >>::FACTS
            .adding(
                <__N_0 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_0 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
    ];
    const __NODE_0: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "draft",
        each: false,
        definition: &<__N_0 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_0 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_0 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_0 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_0 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_0 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[0usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_0 as ::agent_sdk::workflow::AddsTo<
            <<__N_0 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Option<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::Output(
            &|__message: &::agent_sdk::workflow::Message| <__N_0 as ::agent_sdk::workflow::EndsWith<
                <__N_0 as ::agent_sdk::workflow::Node>::Output,
                <Option<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
            >>::end(
                __message,
                <__N_0 as ::agent_sdk::workflow::Node>::read_output,
                <__Run>::WRITE,
            ),
        ),
    };
    const __SLOTS: &[::agent_sdk::workflow::Slot] = <Board as ::agent_sdk::workflow::WorkflowState>::SLOTS;
    const __NODES: &[::agent_sdk::workflow::GraphNode] = &[__NODE_0];
    const __GRAPH: &::agent_sdk::workflow::Graph = &::agent_sdk::workflow::Graph {
        name: "Plan",
        description: TEXT,
        version: "2",
        supersteps_max: 20,
        retry: ::core::option::Option::Some(|| ::agent_sdk::durable_task::RetryPolicy::new(
            5,
            ::core::time::Duration::new(1u64, 0u32),
        )),
        timeout: ::core::option::Option::Some(
            ::core::time::Duration::new(3600u64, 0u32),
        ),
        input: ::agent_sdk::workflow::TypeData::of::<
            Topic,
        >(
            <::agent_sdk::__private::SchemaOf<Topic>>::OF,
            <plan as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::of::<
            Option<Plan>,
        >(
            <::agent_sdk::__private::SchemaOf<Option<Plan>>>::OF,
            <plan as ::agent_sdk::workflow::Node>::check_output,
        ),
        outputs: ::agent_sdk::workflow::OutputCount::One.or_any(__ANY),
        slots: __SLOTS,
        start: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(0usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_0 as ::agent_sdk::workflow::Accepts<
                        Topic,
                        <__N_0 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <plan as ::agent_sdk::workflow::Node>::read_input,
                        <__N_0 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
        nodes: __NODES,
        joins: &[],
        forks: &[],
    };
    const __REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = <plan as ::agent_sdk::workflow::Node>::REGISTERED;
    const __NAMES: &[::core::option::Option<::agent_sdk::workflow::Registered>] = &[
        <__N_0 as ::agent_sdk::workflow::Node>::REGISTERED,
    ];
    const __SOLUTION: &::agent_sdk::workflow::Solution<1usize> = &::agent_sdk::workflow::solve::<
        1usize,
    >(
        __GRAPH,
        <Board as ::agent_sdk::workflow::WorkflowState>::DEFAULTS,
        <Board as ::agent_sdk::workflow::WorkflowState>::REDUCED,
    );
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 0usize);
        ::agent_sdk::workflow::check_message(
            "draft",
            <__N_0 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_node(__GRAPH, __SOLUTION, 0usize);
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for plan {
        type Input = Topic;
        type Output = Option<Plan>;
        type Kind = ::agent_sdk::workflow::Plain;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const INPUT: ::agent_sdk::__private::Codec<Topic> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Topic>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<Option<Plan>> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Option<Plan>>>::OF
        };
        const TELLS_OUTPUT: ::core::primitive::bool = true;
        const REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = ::core::option::Option::Some(::agent_sdk::workflow::Registered {
            kind: "workflow",
            name: "Plan",
            path: ::core::concat!(::core::module_path!(), "::", "plan"),
        });
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::workflow::definition::<Self>()
        }
    }
    #[automatically_derived]
    impl<__S> ::agent_sdk::workflow::InState<__S> for plan {}
    #[automatically_derived]
    impl ::agent_sdk::workflow::Workflow for plan {
        const NAME: &'static ::core::primitive::str = "Plan";
        const GRAPH: &'static ::agent_sdk::workflow::Graph = __GRAPH;
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::workflow::{
            name as _, description as _, state as _, version as _, max_supersteps as _,
            retry as _, timeout as _,
        };
    }
};

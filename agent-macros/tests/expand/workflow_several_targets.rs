// #[workflow]
// fn plan(topic: Topic) {
//     match topic {
//         Topic::Small(text) => (draft(text), note),
//         Topic::Large(list) => { each(draft_part)(list) }
//     }
// }

#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct plan {}
#[allow(deprecated, non_camel_case_types, clippy::all, clippy::pedantic)]
const _: () = {
    type __N_0 = draft;
    type __N_1 = note;
    type __N_2 = draft_part;
    const __ANY: ::core::primitive::bool = ::agent_sdk::workflow::any(
        &[
            <__N_0 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_0 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_1 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_1 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_2 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_2 as ::agent_sdk::workflow::Node>::YIELDS,
        ],
    );
    struct __Run;
    impl __Run {
        const WRITE: ::agent_sdk::workflow::WriteOutput<()> = <plan as ::agent_sdk::workflow::Node>::write_nothing;
    }
    #[deny(unreachable_patterns)]
    fn __route_0(
        __message: &::agent_sdk::workflow::Message,
    ) -> ::core::result::Result<
        ::std::vec::Vec<::agent_sdk::workflow::Routed>,
        ::agent_sdk::workflow::RouteError,
    > {
        let __value: Topic = <plan as ::agent_sdk::workflow::Node>::read_input(
            __message,
        )?;
        ::core::result::Result::Ok(
            match __value {
                Topic::Small(text) => {
                    ::std::vec::Vec::from([
                        ::agent_sdk::workflow::Routed {
                            to: ::agent_sdk::workflow::To::Node(0usize),
                            message: <__N_0 as ::agent_sdk::workflow::AcceptsValue<
                                _,
                                <__N_0 as ::agent_sdk::workflow::Node>::Input,
                            >>::deliver(
                                text,
                                <__N_0 as ::agent_sdk::workflow::Node>::write_input,
                            )?,
                        },
                        ::agent_sdk::workflow::Routed {
                            to: ::agent_sdk::workflow::To::Node(1usize),
                            message: <__N_1 as ::agent_sdk::workflow::Accepts<
                                Topic,
                                <__N_1 as ::agent_sdk::workflow::Node>::Input,
                            >>::hand_on(
                                __message,
                                <plan as ::agent_sdk::workflow::Node>::read_input,
                                <__N_1 as ::agent_sdk::workflow::Node>::write_input,
                            )?,
                        },
                    ])
                }
                Topic::Large(list) => {
                    ::std::vec::Vec::from([
                        ::agent_sdk::workflow::Routed {
                            to: ::agent_sdk::workflow::To::Each(2usize),
                            message: <__N_2 as ::agent_sdk::workflow::AcceptsEach<
                                _,
                                <__N_2 as ::agent_sdk::workflow::Node>::Input,
                            >>::deliver_each(
                                list,
                                <__N_2 as ::agent_sdk::workflow::Node>::write_input,
                            )?,
                        },
                    ])
                }
            },
        )
    }
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Undescribed as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Otherwise as _;
    const _: () = <Topic as ::agent_sdk::__private::Taken<true>>::FITS;
    const _: () = <<__N_0 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { true },
    >>::FITS;
    const _: () = <<__N_0 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_0>>::TYPE
                && !<__N_0 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_1 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { <::agent_sdk::__private::TakesOther<Topic, __N_1>>::TYPE },
    >>::FITS;
    const _: () = <<__N_1 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_1>>::TYPE
                && !<__N_1 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_2 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { true },
    >>::FITS;
    const _: () = <<__N_2 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_2>>::TYPE
                && !<__N_2 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const __FACTS: [::agent_sdk::workflow::NodeFacts; 3usize] = [
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_0 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_0 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_0 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_1 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_1 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_1 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_2 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_2 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_2 as ::agent_sdk::workflow::Node>::YIELDS,
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
            (),
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::dropped(
            &|__message: &::agent_sdk::workflow::Message| <__N_0 as ::agent_sdk::workflow::EndsWith<
                <__N_0 as ::agent_sdk::workflow::Node>::Output,
                (),
            >>::end(
                __message,
                <__N_0 as ::agent_sdk::workflow::Node>::read_output,
                <__Run>::WRITE,
            ),
        ),
    };
    const __NODE_1: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "note",
        each: false,
        definition: &<__N_1 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_1 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_1 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_1 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_1 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_1 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[1usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_1 as ::agent_sdk::workflow::AddsTo<
            <<__N_1 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            (),
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::dropped(
            &|__message: &::agent_sdk::workflow::Message| <__N_1 as ::agent_sdk::workflow::EndsWith<
                <__N_1 as ::agent_sdk::workflow::Node>::Output,
                (),
            >>::end(
                __message,
                <__N_1 as ::agent_sdk::workflow::Node>::read_output,
                <__Run>::WRITE,
            ),
        ),
    };
    const __NODE_2: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "draft_part",
        each: true,
        definition: &<__N_2 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_2 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_2 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_2 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_2 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_2 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[2usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_2 as ::agent_sdk::workflow::AddsTo<
            <<__N_2 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            (),
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::dropped(
            &|__message: &::agent_sdk::workflow::Message| <__N_2 as ::agent_sdk::workflow::EndsWith<
                <__N_2 as ::agent_sdk::workflow::Node>::Output,
                (),
            >>::end(
                __message,
                <__N_2 as ::agent_sdk::workflow::Node>::read_output,
                <__Run>::WRITE,
            ),
        ),
    };
    const __SLOTS: &[::agent_sdk::workflow::Slot] = &[];
    const __NODES: &[::agent_sdk::workflow::GraphNode] = &[__NODE_0, __NODE_1, __NODE_2];
    const __VERSION: &::agent_sdk::workflow::GraphVersion = &::agent_sdk::workflow::GraphVersion::of(
        "c1bcd5b9271c8bfac0d194d4ee32162c",
        __NODES,
        __NAMES,
        &[
            <__N_0 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_1 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_2 as ::agent_sdk::workflow::Node>::ASKS,
        ],
        __SLOTS,
    );
    const __GRAPH: &::agent_sdk::workflow::Graph = &::agent_sdk::workflow::Graph {
        name: "plan",
        description: "",
        version: __VERSION.as_str(),
        supersteps_max: ::agent_sdk::workflow::SUPERSTEPS_MAX,
        retry: ::core::option::Option::None,
        timeout: ::core::option::Option::None,
        input: ::agent_sdk::workflow::TypeData::of::<
            Topic,
        >(
            <::agent_sdk::__private::SchemaOf<Topic>>::OF,
            <plan as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::of::<
            (),
        >(
            <::agent_sdk::__private::SchemaOf<()>>::OF,
            <plan as ::agent_sdk::workflow::Node>::check_output,
        ),
        outputs: ::agent_sdk::workflow::OutputCount::None,
        slots: __SLOTS,
        start: ::agent_sdk::workflow::Exit::Switch {
            route: &__route_0,
            arms: &[
                ::agent_sdk::workflow::Arm {
                    label: "Topic::Small(text)",
                    targets: &[
                        ::agent_sdk::workflow::To::Node(0usize),
                        ::agent_sdk::workflow::To::Node(1usize),
                    ],
                },
                ::agent_sdk::workflow::Arm {
                    label: "Topic::Large(list)",
                    targets: &[::agent_sdk::workflow::To::Each(2usize)],
                },
            ],
        },
        nodes: __NODES,
        joins: &[],
        forks: &[
            ::agent_sdk::workflow::Fork {
                elements: &[
                    &[::agent_sdk::workflow::To::Node(0usize)],
                    &[::agent_sdk::workflow::To::Node(1usize)],
                ],
                joins: &[],
            },
        ],
    };
    const __REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = <plan as ::agent_sdk::workflow::Node>::REGISTERED;
    const __NAMES: &[::core::option::Option<::agent_sdk::workflow::Registered>] = &[
        <__N_0 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_1 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_2 as ::agent_sdk::workflow::Node>::REGISTERED,
    ];
    const __USED: &[&[&::core::primitive::str]] = &[
        <__N_0 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_1 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_2 as ::agent_sdk::workflow::Node>::SLOTS,
    ];
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 0usize);
        ::agent_sdk::workflow::check_message(
            "draft",
            <__N_0 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 0usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 1usize);
        ::agent_sdk::workflow::check_message(
            "note",
            <__N_1 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 1usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 2usize);
        ::agent_sdk::workflow::check_message(
            "draft_part",
            <__N_2 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 2usize);
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for plan {
        type Input = Topic;
        type Output = ();
        type Kind = ::agent_sdk::workflow::Plain;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const INPUT: ::agent_sdk::__private::Codec<Topic> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Topic>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<()> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<()>>::OF
        };
        const TELLS_OUTPUT: ::core::primitive::bool = true;
        const REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = ::core::option::Option::Some(::agent_sdk::workflow::Registered {
            kind: "workflow",
            name: "plan",
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
        const NAME: &'static ::core::primitive::str = "plan";
        const GRAPH: &'static ::agent_sdk::workflow::Graph = __GRAPH;
    }
};

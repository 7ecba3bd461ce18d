// #[workflow]
// fn plan(topic: Topic) -> Vec<Plan> {
//     let second = check;
//     topic >> (draft >> check, split >> each(rate)) >> join >> (second, publish >> ());
// }

#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct plan {}
#[allow(deprecated, non_camel_case_types, clippy::all, clippy::pedantic)]
const _: () = {
    type __N_0 = draft;
    type __N_1 = check;
    type __N_2 = split;
    type __N_3 = rate;
    type __N_4 = join;
    type __N_5 = check;
    type __N_6 = publish;
    const __ANY: ::core::primitive::bool = ::agent_sdk::workflow::any(
        &[
            <__N_0 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_0 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_1 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_1 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_2 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_2 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_3 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_3 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_4 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_4 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_5 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_5 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_6 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_6 as ::agent_sdk::workflow::Node>::YIELDS,
        ],
    );
    struct __Run;
    impl __Run {
        const WRITE: ::agent_sdk::workflow::WriteOutput<
            <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        > = <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::write::<plan>;
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
    const _: () = <<__N_1 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        {
            !<::agent_sdk::__private::GivesBad<__N_0>>::TYPE
                && <::agent_sdk::__private::TakesNew<__N_0, __N_1>>::TYPE
        },
    >>::FITS;
    const _: () = <<__N_1 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_1>>::TYPE
                && !<__N_1 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_2 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { <::agent_sdk::__private::TakesOther<Topic, __N_2>>::TYPE },
    >>::FITS;
    const _: () = <<__N_2 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_2>>::TYPE
                && !<__N_2 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_3 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { !(false || <::agent_sdk::__private::GivesBad<__N_2>>::TYPE) },
    >>::FITS;
    const _: () = <<__N_3 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_3>>::TYPE
                && !<__N_3 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_4 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        {
            !(false || <::agent_sdk::__private::GivesBad<__N_1>>::TYPE
                || <::agent_sdk::__private::GivesBad<__N_3>>::TYPE)
        },
    >>::FITS;
    const _: () = <<__N_4 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_4>>::TYPE
                && !<__N_4 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_5 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        {
            !<::agent_sdk::__private::GivesBad<__N_4>>::TYPE
                && <::agent_sdk::__private::TakesNew<__N_4, __N_5>>::TYPE
        },
    >>::FITS;
    const _: () = <<__N_5 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_5>>::TYPE
                && !<__N_5 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_6 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        {
            !<::agent_sdk::__private::GivesBad<__N_4>>::TYPE
                && <::agent_sdk::__private::TakesNew<__N_4, __N_6>>::TYPE
        },
    >>::FITS;
    const _: () = <<__N_6 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_6>>::TYPE
                && !<__N_6 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const __IS_RESULT_ASKED: ::core::primitive::bool = !(false
        || <::agent_sdk::__private::GivesBad<__N_5>>::TYPE);
    const _: () = <Vec<Plan> as ::agent_sdk::__private::Taken<__IS_RESULT_ASKED>>::FITS;
    const __FACTS: [::agent_sdk::workflow::NodeFacts; 7usize] = [
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
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_3 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_3 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_3 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_4 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_4 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_4 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_5 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_5 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_5 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_6 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_6 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_6 as ::agent_sdk::workflow::Node>::YIELDS,
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
            <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(1usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_1 as ::agent_sdk::workflow::Accepts<
                        <__N_0 as ::agent_sdk::workflow::Node>::Output,
                        <__N_1 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <__N_0 as ::agent_sdk::workflow::Node>::read_output,
                        <__N_1 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
    };
    const __NODE_1: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "check",
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
            <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Join {
                        join: 0usize,
                        slot: 0usize,
                    },
                    convert: &::agent_sdk::workflow::as_it_is,
                },
            ],
        ),
    };
    const __NODE_2: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "split",
        each: false,
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
            <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Each(3usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_3 as ::agent_sdk::workflow::AcceptsEach<
                        <__N_2 as ::agent_sdk::workflow::Node>::Output,
                        <__N_3 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on_each(
                        __message,
                        <__N_2 as ::agent_sdk::workflow::Node>::read_output,
                        <__N_3 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
    };
    const __NODE_3: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "rate",
        each: true,
        definition: &<__N_3 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_3 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_3 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_3 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_3 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_3 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[3usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_3 as ::agent_sdk::workflow::AddsTo<
            <<__N_3 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Join {
                        join: 0usize,
                        slot: 1usize,
                    },
                    convert: &::agent_sdk::workflow::as_it_is,
                },
            ],
        ),
    };
    const __NODE_4: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "join",
        each: false,
        definition: &<__N_4 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_4 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_4 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_4 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_4 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_4 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[4usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_4 as ::agent_sdk::workflow::AddsTo<
            <<__N_4 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(5usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_5 as ::agent_sdk::workflow::Accepts<
                        <__N_4 as ::agent_sdk::workflow::Node>::Output,
                        <__N_5 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <__N_4 as ::agent_sdk::workflow::Node>::read_output,
                        <__N_5 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(6usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_6 as ::agent_sdk::workflow::Accepts<
                        <__N_4 as ::agent_sdk::workflow::Node>::Output,
                        <__N_6 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <__N_4 as ::agent_sdk::workflow::Node>::read_output,
                        <__N_6 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
    };
    const __NODE_5: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "second",
        each: false,
        definition: &<__N_5 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_5 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_5 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_5 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_5 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_5 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[5usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_5 as ::agent_sdk::workflow::AddsTo<
            <<__N_5 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::Output(
            &|__message: &::agent_sdk::workflow::Message| <__N_5 as ::agent_sdk::workflow::EndsWith<
                <__N_5 as ::agent_sdk::workflow::Node>::Output,
                <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
            >>::end(
                __message,
                <__N_5 as ::agent_sdk::workflow::Node>::read_output,
                <__Run>::WRITE,
            ),
        ),
    };
    const __NODE_6: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "publish",
        each: false,
        definition: &<__N_6 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_6 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_6 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_6 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_6 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_6 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[6usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_6 as ::agent_sdk::workflow::AddsTo<
            <<__N_6 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Vec<Plan> as ::agent_sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::Drop,
    };
    const __SLOTS: &[::agent_sdk::workflow::Slot] = &[];
    const __NODES: &[::agent_sdk::workflow::GraphNode] = &[
        __NODE_0,
        __NODE_1,
        __NODE_2,
        __NODE_3,
        __NODE_4,
        __NODE_5,
        __NODE_6,
    ];
    const __VERSION: &::agent_sdk::workflow::GraphVersion = &::agent_sdk::workflow::GraphVersion::of(
        "2037d9efdce39e27da0c36a2ebc771c8",
        __NODES,
        __NAMES,
        &[
            <__N_0 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_1 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_2 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_3 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_4 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_5 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_6 as ::agent_sdk::workflow::Node>::ASKS,
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
            Vec<Plan>,
        >(
            <::agent_sdk::__private::SchemaOf<Vec<Plan>>>::OF,
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
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(2usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_2 as ::agent_sdk::workflow::Accepts<
                        Topic,
                        <__N_2 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <plan as ::agent_sdk::workflow::Node>::read_input,
                        <__N_2 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
        nodes: __NODES,
        joins: &[
            ::agent_sdk::workflow::Join {
                target: 4usize,
                sources: &[1usize, 3usize],
                convert: &|__messages: &[::agent_sdk::workflow::Message]| <__N_4 as ::agent_sdk::workflow::JoinsSources<
                    (
                        <__N_1 as ::agent_sdk::workflow::Node>::Output,
                        ::std::vec::Vec<<__N_3 as ::agent_sdk::workflow::Node>::Output>,
                    ),
                    <__N_4 as ::agent_sdk::workflow::Node>::Input,
                >>::put_together(
                    __messages,
                    |__messages| ::core::result::Result::Ok((
                        ::agent_sdk::workflow::part(
                            __messages,
                            0usize,
                            <__N_1 as ::agent_sdk::workflow::Node>::read_output,
                        )?,
                        ::agent_sdk::workflow::part(
                            __messages,
                            1usize,
                            <__N_3 as ::agent_sdk::workflow::Node>::read_outputs,
                        )?,
                    )),
                    <__N_4 as ::agent_sdk::workflow::Node>::write_input,
                ),
            },
        ],
        forks: &[
            ::agent_sdk::workflow::Fork {
                elements: &[
                    &[::agent_sdk::workflow::To::Node(0usize)],
                    &[::agent_sdk::workflow::To::Node(2usize)],
                ],
                joins: &[0usize],
            },
            ::agent_sdk::workflow::Fork {
                elements: &[
                    &[::agent_sdk::workflow::To::Node(5usize)],
                    &[::agent_sdk::workflow::To::Node(6usize)],
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
        <__N_3 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_4 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_5 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_6 as ::agent_sdk::workflow::Node>::REGISTERED,
    ];
    const __USED: &[&[&::core::primitive::str]] = &[
        <__N_0 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_1 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_2 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_3 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_4 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_5 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_6 as ::agent_sdk::workflow::Node>::SLOTS,
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
            "check",
            <__N_1 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 1usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 2usize);
        ::agent_sdk::workflow::check_message(
            "split",
            <__N_2 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 2usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 3usize);
        ::agent_sdk::workflow::check_message(
            "rate",
            <__N_3 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 3usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 4usize);
        ::agent_sdk::workflow::check_message(
            "join",
            <__N_4 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 4usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 5usize);
        ::agent_sdk::workflow::check_message(
            "second",
            <__N_5 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 5usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 6usize);
        ::agent_sdk::workflow::check_message(
            "publish",
            <__N_6 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 6usize);
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for plan {
        type Input = Topic;
        type Output = Vec<Plan>;
        type Kind = ::agent_sdk::workflow::Plain;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const INPUT: ::agent_sdk::__private::Codec<Topic> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Topic>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<Vec<Plan>> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Vec<Plan>>>::OF
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
